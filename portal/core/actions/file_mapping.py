"""Which of an agency's columns gives which part of an action, and a first guess at it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from portal.core.accounts.mapping import Kind, Mapping, MappingFault, Target
from portal.core.accounts.suggest import find_columns, possible_orders
from portal.core.accounts.text import clean
from portal.core.accounts.values import CellError
from portal.core.actions.file_moments import parse_zone
from portal.core.actions.file_words import (
    read_channel,
    read_direction,
    read_ending,
    read_purpose,
    read_role,
)

#: The parts of an action, in the order of the file agencies exchange with banks.
ACTION_TARGETS = (
    Target("bank_code", "Bank", Kind.TEXT),
    Target("placement_ref", "Placement number", Kind.REFERENCE),
    Target("account_ref", "Account number", Kind.REFERENCE),
    Target("at", "Day and time", Kind.DATE, required=True),
    Target("zone", "Time zone", Kind.TEXT, constant=True),
    Target("collector_ref", "Collector", Kind.TEXT, constant=True),
    Target("channel", "Channel", Kind.TEXT, required=True, constant=True),
    Target("direction", "Direction", Kind.TEXT, constant=True),
    Target("target", "Who was reached", Kind.TEXT, constant=True),
    Target("outcome_code", "Outcome", Kind.TEXT, required=True, constant=True),
    Target("contact", "Number or address", Kind.TEXT),
    Target("purpose", "Purpose", Kind.TEXT, constant=True),
    Target("permit_ref", "Permit", Kind.TEXT),
    Target("note", "Note", Kind.TEXT),
    Target("external_id", "Your own id", Kind.REFERENCE),
    Target("late_reason", "Why it is told late", Kind.TEXT, constant=True),
)

# Headings as agencies write them, without case, spaces and signs; the likelier first.
_HEADINGS = {
    "bank_code": "bankcode bank 银行代码 银行 委托方",
    "placement_ref": "placementref placement placementno placementid placementnumber"
    " 委案编号 委托编号 委托单号 委派编号 委案号 案件编号",
    "account_ref": "accountref accountno accountnumber acctno acctnumber account acct loanno"
    " 账号 账户号 账户编号 合同号 借据号 卡号",
    "at": "at time datetime timestamp madeat calledat contactedat actiontime actionat calltime"
    " eventtime startedat starttime startdatetime calldate 时间 联系时间 催收时间 通话时间"
    " 拨打时间 操作时间 跟进时间 行动时间 开始时间 呼叫时间 日期时间",
    "zone": "zone timezone tz 时区",
    "collector_ref": "collectorref collector collectorid agent agentid agentref agentname operator"
    " user userid 催收员 催收员编号 坐席 坐席号 坐席工号 工号 经办人 员工编号",
    "channel": "channel medium contactchannel contacttype method type"
    " 渠道 联系渠道 催收方式 方式 催收渠道",
    "direction": "direction inout inboundoutbound calldirection 方向 呼叫方向 呼叫类型",
    "target": "target contactperson party who reached contacted relation relationship"
    " 联系对象 对象 联系人 联系人关系 与本人关系 关系",
    "outcome_code": "outcomecode outcome result resultcode disposition dispositioncode callresult"
    " callstatus status statuscode 结果 联系结果 催收结果 通话结果 结果代码 跟进结果 状态 呼叫结果",
    "contact": "contact number phone phonenumber telephone dialled dialed called callednumber"
    " dnis address contactpoint to 号码 电话 电话号码 联系电话 手机号 手机号码 被叫号码 地址",
    "purpose": "purpose contactpurpose 目的 联系目的",
    "permit_ref": "permitref permit permitid permitno 许可编号 许可号 联系许可",
    "note": "note notes remark remarks comment comments memo text"
    " 备注 说明 摘要 催记 跟进内容 沟通内容 催收记录 通话小结",
    "external_id": "externalid extid callid activityid actionid eventid recordid uniqueid id uuid"
    " 外部编号 流水号 记录编号 通话编号 通话id 记录id 录音编号 呼叫id",
    "late_reason": "latereason reasonlate whylate 迟报原因 补录原因",
}

CONSTANT_READERS: dict[str, Callable[[str], Any]] = {
    "zone": parse_zone,
    "channel": read_channel,
    "direction": read_direction,
    "target": read_role,
    "outcome_code": read_ending,
    "purpose": read_purpose,
}


@dataclass(frozen=True)
class ActionMapping(Mapping):
    """An agency's headings for the parts of an action, and what is the same for every row."""

    targets: ClassVar[tuple[Target, ...]] = ACTION_TARGETS

    def faults(self, headings: Sequence[str]) -> list[MappingFault]:
        """List what keeps a file from being read; its rows have to name placements or accounts."""
        found = super().faults(headings)
        if not self.gives("placement_ref") and not self.gives("account_ref"):
            found.append(self.fault("required_unmapped", "placement_ref"))
        return found

    def can_be_constant(self, target: Target, text: str) -> bool:
        """Tell whether a text can be a part of every action of a file."""
        read = CONSTANT_READERS.get(target.field, bool)
        try:
            return bool(read(text))
        except CellError:
            return False


def suggest_mapping(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> ActionMapping:
    """Guess which column is which from its heading, and the order of its dates from `rows`."""
    places = find_columns(headings, _HEADINGS)
    dates = {}
    if "at" in places:
        orders = possible_orders(clean(cells[places["at"]]) for cells in rows)
        if len(orders) == 1:
            dates["at"] = min(orders)
    return ActionMapping({name: headings[place] for name, place in places.items()}, {}, dates)
