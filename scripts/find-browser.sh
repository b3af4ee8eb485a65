#!/bin/sh
# Print the path of a Chrome or Chromium that tests can drive; fail when there is none.
# CHROME_PATH names one that lies elsewhere.
if [ -n "${CHROME_PATH:-}" ]; then
    command -v "$CHROME_PATH"
    exit
fi
for name in google-chrome-stable google-chrome chromium chromium-browser; do
    path=$(command -v "$name") || continue
    # Ubuntu's chromium-browser may be a script that only tells to install a snap.
    case $name in chromium-browser) "$path" --version >/dev/null 2>&1 || continue ;; esac
    echo "$path"
    exit 0
done
exit 1
