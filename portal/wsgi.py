"""The application for any WSGI server: `portal.wsgi:app`."""

from portal.app import create_app
from portal.extensions import db
from portal.web.installation import adopt_demo_clock

app = create_app()
if app.config["PORTAL_SETTINGS"].portal_environment != "production":
    with app.app_context():
        adopt_demo_clock()
        # A server that forks after loading must not share a connection between its processes.
        db.engine.dispose()
