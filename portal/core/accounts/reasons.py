"""Why a file, a mapping or a row cannot be used, in words, each with what would cure it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from portal.core.errors import Invalid


@dataclass(frozen=True)
class Reason:
    """A message and its cure, both with named placeholders, so that they can be translated."""

    message: str
    cure: str


FILE_REASONS = {
    "empty_file": Reason("The file is empty.", "Export it again and send the new file."),
    "no_rows": Reason("The file has headings but no rows.", "Export it again with its rows."),
    "file_too_large": Reason(
        "The file is larger than %(limit)d bytes.", "Split it and send the parts one by one."
    ),
    "pdf_document": Reason(
        "The file is a PDF document, not a table.",
        "Export the table as CSV in UTF-8 and send that file.",
    ),
    "old_workbook": Reason(
        "The file is an old or locked Excel workbook, not a table.",
        "Export the table as CSV in UTF-8 and send that file.",
    ),
    "compressed_file": Reason(
        "The file is a compressed file, not a table.",
        "Export the table as CSV in UTF-8 and send that file.",
    ),
    "text_document": Reason(
        "The file is a text document (.rtf), not a table.",
        "Export the table as CSV in UTF-8 and send that file.",
    ),
    "utf32_text": Reason(
        "The file is text in UTF-32, not a table.",
        "Export the table as CSV in UTF-8 and send that file.",
    ),
    "zip_archive": Reason(
        "The file is a ZIP archive, not a table.",
        "Export the table as CSV in UTF-8 and send that file.",
    ),
    "unknown_encoding": Reason(
        "Row %(row)d is not in an encoding the portal can tell for certain.",
        "Save the file as CSV in UTF-8 and send it again.",
    ),
    "damaged_encoding": Reason(
        "The file is UTF-8, but row %(row)d holds bytes that are not.",
        "Export it again in one encoding, UTF-8 if you can choose.",
    ),
    "utf16_without_mark": Reason(
        "The file looks like UTF-16 without a byte order mark.",
        "Save it as CSV in UTF-8 and send it again.",
    ),
    "nul_byte": Reason(
        "Row %(row)d holds a NUL character, which no text has.",
        "The file is damaged or not text: export it again.",
    ),
    "line_too_long": Reason(
        "The line at row %(row)d is longer than %(limit)d characters.",
        "Check that every row ends with a line break.",
    ),
    "field_too_long": Reason(
        "A field in row %(row)d is longer than %(limit)d characters.",
        "Check the quotes of that row and shorten the field.",
    ),
    "open_quote": Reason(
        "A quote opened in row %(row)d is not closed there; the rows below cannot be told apart.",
        'Close the quote, or write a quote inside a field twice (""), and send the file again.',
    ),
    "broken_header": Reason(
        "The quotes in the row of headings are broken.", "Correct the first row of the file."
    ),
    "too_many_columns": Reason(
        "The file has %(found)d columns, more than %(limit)d.",
        "Remove the columns that are not needed.",
    ),
    "too_many_rows": Reason(
        "The file has more than %(limit)d rows.", "Split it and send the parts one by one."
    ),
    "duplicate_heading": Reason(
        "Columns %(first)d and %(second)d have the same heading, %(heading)s.",
        "Give every column its own heading.",
    ),
    "empty_heading": Reason(
        "Column %(column)d has no heading.", "Name the column in the first row, or remove it."
    ),
    "trailer_unreadable": Reason(
        "The trailer in row %(row)d cannot be read.",
        "Write it as TRAILER,<count>,<sum>, for example TRAILER,2,150.00.",
    ),
    "rows_after_trailer": Reason(
        "Row %(row)d comes after the trailer, which closes the file.",
        "Put the trailer last and count every row.",
    ),
    "trailer_count": Reason(
        "The trailer counts %(stated)d rows, the file has %(found)d.",
        "The file is not complete or was changed: export it again.",
    ),
    "trailer_sum": Reason(
        "The trailer says the balances add up to %(stated)s, in the file they add up to %(found)s.",
        "The file is not complete or was changed: export it again.",
    ),
    "trailer_unproved": Reason(
        "The balance in row %(row)d cannot be read, so the trailer's sum cannot be proved.",
        "Correct that balance and send the file again.",
    ),
    "workbook_too_large": Reason(
        "The workbook unpacks to more than this portal takes.",
        "Save the sheet as CSV in UTF-8 and send that file.",
    ),
    "workbook_unreadable": Reason(
        "The workbook cannot be read.", "Save the sheet as CSV in UTF-8 and send that file."
    ),
}

MAPPING_REASONS = {
    "required_unmapped": Reason(
        "%(label)s is required, and no column gives it.",
        "Choose the column that holds it, or one value for every row.",
    ),
    "heading_missing": Reason(
        "The mapping takes %(label)s from %(heading)s, and the file has no such column.",
        "Choose another column.",
    ),
    "heading_used_twice": Reason(
        "%(heading)s is mapped to both %(label)s and %(other)s.", "Choose one of them."
    ),
    "field_given_twice": Reason(
        "%(label)s has both a column and a value for every row.", "Choose one of them."
    ),
    "unknown_field": Reason(
        "The mapping names %(field)s, which the portal does not know.", "Remove it."
    ),
    "no_constant": Reason(
        "%(label)s cannot be the same for every row.", "Choose the column that holds it."
    ),
    "bad_constant": Reason("%(value)s cannot be %(label)s of every row.", "Write another value."),
}

ROW_REASONS = {
    "columns": Reason(
        "The row has %(found)d fields, the headings are %(expected)d.",
        "Check the row for a missing or an extra delimiter.",
    ),
    "broken_quotes": Reason(
        "The quotes in this row are broken.",
        'Write a quote inside a field twice (""), with quotes around the whole field.',
    ),
    "missing": Reason("%(label)s is empty.", "Fill it in; it is required."),
    "too_long": Reason(
        "The text is longer than %(limit)d characters.", "Shorten it to what belongs there."
    ),
    "damaged_text": Reason(
        "%(value)s holds a character that an earlier conversion lost.",
        "Export the file again from the system that knows the right character.",
    ),
    "not_reference": Reason(
        "%(value)s is not an account or customer number.",
        "Use letters, digits, spaces and . / _ - only.",
    ),
    "lost_digits": Reason(
        "%(value)s is a number a spreadsheet has rounded.",
        "Format the column as text before exporting, so that every digit stays.",
    ),
    "not_amount": Reason(
        "%(value)s is not an amount.", "Write it like 1234.50, with a dot before the cents."
    ),
    "negative_amount": Reason(
        "%(value)s is negative.",
        "Amounts owed are positive; leave accounts in credit out of the file.",
    ),
    "too_many_decimals": Reason(
        "%(value)s has more decimals than %(currency)s has.", "Round it to whole minor units."
    ),
    "amount_too_large": Reason(
        "%(value)s is larger than any amount accepted here.", "Check the amount and its decimals."
    ),
    "nothing_owed": Reason(
        "The balance is nothing.", "Leave accounts on which nothing is owed out of the file."
    ),
    "buckets_differ": Reason(
        "Principal, interest and fees add up to %(sum)s, the balance is %(balance)s.",
        "Correct the amounts so that they add up to the balance.",
    ),
    "unknown_currency": Reason(
        "%(value)s is not a currency.", "Write its ISO 4217 code, for example USD or CNY."
    ),
    "unknown_country": Reason(
        "%(value)s is not a country.", "Write its two-letter ISO 3166 code, for example US or CN."
    ),
    "unknown_language": Reason(
        "%(value)s is not a language.", "Write its two-letter code, for example en, es or zh."
    ),
    "not_date": Reason("%(value)s is not a date.", "Write it like 2026-10-31."),
    "no_such_day": Reason(
        "%(value)s is not a day of the calendar, read as %(order)s.",
        "Correct the date, or the order of day and month chosen for this column.",
    ),
    "date_order_unknown": Reason(
        "%(value)s can be read in two ways.",
        "Choose the order of day, month and year for this column, or write it like 2026-10-31.",
    ),
    "two_digit_year": Reason(
        "%(value)s has a year of two digits.", "Write all four digits of the year."
    ),
    "date_out_of_range": Reason(
        "%(value)s is outside the years %(first)d to %(last)d.", "Correct the year."
    ),
    "date_in_future": Reason(
        "%(value)s is after today.", "Write the day it happened; it cannot be in the future."
    ),
    "not_phone": Reason(
        "%(value)s is not a telephone number of %(country)s.",
        "Correct it, write it with + and the country's code, or leave it empty.",
    ),
    "not_email": Reason("%(value)s is not an e-mail address.", "Correct it, or leave it empty."),
    "not_postcode": Reason(
        "%(value)s is not a postcode of %(country)s.",
        "Correct it. If zeros at its start are lost, format the column as text.",
    ),
    "not_last4": Reason(
        "%(value)s is not the last four characters of a national id.",
        "Write exactly four. If zeros at its start are lost, format the column as text.",
    ),
    "not_count": Reason("%(value)s is not a whole number.", "Write digits only, for example 3."),
    "count_too_large": Reason(
        "%(value)s is more than %(limit)d.", "Check the number and its column."
    ),
    "duplicate_account": Reason(
        "Account %(value)s is also in row %(other)d.",
        "Keep the row that is right and remove the other; neither was taken.",
    ),
    "customer_differs": Reason(
        "Customer %(value)s has another name or date of birth in row %(other)d.",
        "Give every person their own customer number, or correct the name and date.",
    ),
    "account_exists": Reason(
        "The account %(value)s is in the portal already.",
        "Leave the row out; changes to accounts come as an update file.",
    ),
    "not_usable": Reason("%(value)s cannot be used here.", "Correct it and send the row again."),
}

COLUMN_WARNINGS = {
    "lost_zeros": Reason(
        "These numbers differ in length: zeros at their start may be lost.",
        "Format the column as text before exporting.",
    ),
    "rounded_numbers": Reason(
        "A spreadsheet has rounded long numbers, such as 1.23E+15.",
        "Format the column as text before exporting.",
    ),
    "ambiguous_date": Reason(
        "Day and month cannot be told apart in these dates.",
        "Choose the order of day, month and year.",
    ),
    "mixed_dates": Reason(
        "Some of these dates have the day first, others the month.",
        "Export the column in one order, best like 2026-10-31.",
    ),
    "card_numbers": Reason(
        "These look like full card numbers, which do not belong in a referral file.",
        "Send the account number instead.",
    ),
}


class FileRefused(Invalid):
    """The whole file cannot be taken, and nothing of it was. `values` name the row, if any."""

    reasons: ClassVar[Mapping[str, Reason]] = FILE_REASONS

    def __init__(self, code: str, **values: object) -> None:
        self.reason = self.reasons[code]
        super().__init__(self.reason.message, **values)
        self.code = code

    def __str__(self) -> str:
        return f"{super().__str__()} {self.reason.cure}"
