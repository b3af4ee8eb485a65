"""Extensions: made here, bound to an application in `create_app()`."""

from __future__ import annotations

from flask_login import LoginManager
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect

from portal.core.db import Base

# After a commit nothing is read again behind the caller's back: that would open a transaction
# without a principal, which sees no rows.
db = SQLAlchemy(metadata=Base.metadata, session_options={"expire_on_commit": False})
login_manager = LoginManager()
csrf = CSRFProtect()
