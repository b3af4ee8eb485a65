"""The application for any WSGI server: `portal.wsgi:app`."""

from portal.app import create_app

app = create_app()
