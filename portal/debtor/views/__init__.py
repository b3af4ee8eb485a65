"""The routes of this side, one module per noun."""

from portal.debtor.blueprint import bp
from portal.debtor.views import balance, contact, home, letters, payments, plans

__all__ = ["balance", "bp", "contact", "home", "letters", "payments", "plans"]
