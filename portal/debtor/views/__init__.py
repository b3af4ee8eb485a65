"""The routes of this side, one module per noun."""

from portal.debtor.blueprint import bp
from portal.debtor.views import balance, home, letters, payments, plans

__all__ = ["balance", "bp", "home", "letters", "payments", "plans"]
