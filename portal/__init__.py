"""The referral portal: banks refer overdue accounts, agencies work them, debtors settle them."""
