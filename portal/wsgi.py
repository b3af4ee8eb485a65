"""The application for any WSGI server: `portal.wsgi:app`."""

from portal.app import create_app
from portal.extensions import db
from portal.web.installation import adopt_demo_clock, refuse_unsafe_ground

app = create_app()
with app.app_context():
    refuse_unsafe_ground()
    adopt_demo_clock()
    # A server that forks after loading must not share a connection between its processes.
    db.engine.dispose()
