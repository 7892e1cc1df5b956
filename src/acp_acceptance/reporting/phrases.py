"""Words of the reports that are no requirement's, in their languages."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from acp_acceptance.requirements.catalogue import Language

_PHRASES: dict[str, tuple[str, str, str]] = {
    "accepted": ("ACCEPTED", "ПРИНЯТО", "通过验收"),
    "not accepted": ("NOT ACCEPTED", "НЕ ПРИНЯТО", "未通过验收"),
    "partial": ("PARTIAL, no sign-off", "ЧАСТИЧНО, без приёмки", "部分检查，不作为验收依据"),
    "nothing judged": ("NOTHING WAS JUDGED", "НИЧЕГО НЕ ПРОВЕРЕНО", "未做任何判定"),
    "passed": ("passed", "пройдено", "通过"),
    "failed": ("failed", "не пройдено", "未通过"),
    "broken": ("could not be measured", "не измерено", "无法测量"),
    "waived": ("waived", "по исключению", "已豁免"),
    "not_applicable": ("not applicable", "неприменимо", "不适用"),
    "not_run": ("not run", "не выполнялось", "未执行"),
    "required-failed": ("Required, failed", "Обязательные, не пройдены", "必需项未通过"),
    "required-broken": (
        "Required, could not be measured",
        "Обязательные, не измерены",
        "必需项无法测量",
    ),
    "advised-failed": ("Advised, failed", "Рекомендуемые, не пройдены", "建议项未通过"),
    "advised-broken": ("Advised, could not be measured", "Рекомендуемые, не измерены", "建议项无法测量"),
    "waivers": ("Waived", "По исключению", "已豁免"),
    "questions": (
        "Not measurable, to be answered by the people who sign",
        "Нельзя измерить, отвечают подписывающие",
        "无法测量，由签字人确认",
    ),
    "target": ("Target", "Объект", "对象"),
    "area": ("Area", "Область", "领域"),
    "ok": ("ok", "норма", "正常"),
    "cell-failed": ("{count} failed", "не пройд.: {count}", "{count} 未通过"),
    "cell-broken": ("{count} broken", "не изм.: {count}", "{count} 未测量"),
    "cell-waived": ("{count} waived", "искл.: {count}", "{count} 豁免"),
    "cell-advice": ("{count} advice", "реком.: {count}", "{count} 建议"),
    "cell-left": ("not run", "не вып.", "未执行"),
    "and-more": ("{names} and {count} more", "{names} и ещё {count}", "{names} 等另 {count} 个"),
    "own": ("own checks", "собственные проверки", "自有检查"),
    "waived-until": (
        "waived until {expires} by {owner}: {reason}",
        "исключение до {expires}, {owner}: {reason}",
        "豁免至 {expires}，{owner}：{reason}",
    ),
    "waiver-expired": (
        "its waiver by {owner} expired on {expires}",
        "исключение ({owner}) истекло {expires}",
        "{owner} 登记的豁免已于 {expires} 到期",
    ),
    "told": ("{says}: {detail}", "{says}: {detail}", "{says}：{detail}"),
    "unmeasured": (
        "{target}: {told}. Next: {next}",
        "{target}: {told}. Далее: {next}",
        "{target}：{told}。下一步：{next}",
    ),
    "measure-again": (
        "fix what stands in the way of measuring it, and run again",
        "устраните то, что мешает измерению, и повторите запуск",
        "排除妨碍测量的原因后重新运行",
    ),
    "unmeasured-for": ("not measured: {reasons}", "не измерено: {reasons}", "未测量：{reasons}"),
    "unverified": (
        "No installation guide of ACP {release} is at hand: its values are those of the release before, not verified.",
        "Руководства по установке ACP {release} здесь нет: взяты значения предыдущего выпуска, они не подтверждены.",
        "此处没有 ACP {release} 的安装指南：采用上一版本的数值，未经核实。",
    ),
    "reports-in": ("Record and reports: {folder}", "Запись и отчёты: {folder}", "记录与报告：{folder}"),
    "next-step": ("The next step of the failover", "Следующий шаг переключения", "切换的下一步"),
    "never": ("never", "не было", "从未"),
    "trend": (
        (
            "Runs so far: {signs}  {accepted} of {runs} accepted in {days} days; "
            "{verdict} since {since}; last accepted: {success}"
        ),
        (
            "Запуски: {signs}  принято {accepted} из {runs} за {days} дн.; "
            "{verdict} с {since}; последняя приёмка: {success}"
        ),
        (
            "历次运行：{signs}  {days} 天内 {runs} 次中通过 {accepted} 次；"
            "{verdict}，自 {since} 起；最近一次通过：{success}"
        ),
    ),
    "metrics-written": ("Metrics: {place}", "Метрики: {place}", "指标：{place}"),
    "not-kept": (
        "{what} could not be written; the record is complete all the same: {why}",
        "{what}: записать не удалось, сама запись результатов полна: {why}",
        "{what} 无法写入（记录本身完整）：{why}",
    ),
    "history-odd": (
        "Lines of the history that are no runs, and were left out: {count}",
        "Строк истории, которые не являются запусками и пропущены: {count}",
        "历史记录中有 {count} 行不是运行记录，已略过",
    ),
    "waivers-unused": (
        "Waivers that cover nothing; remove them from the file: {names}",
        "Исключения, которые ничего не покрывают; удалите их из файла: {names}",
        "未覆盖任何未通过项的豁免，请从文件中删除：{names}",
    ),
    "waivers-expired": (
        "Waivers that have expired; renew them or remove them: {names}",
        "Исключения с истёкшим сроком; продлите или удалите их: {names}",
        "已过期的豁免，请续期或删除：{names}",
    ),
    "in-one-line": ("{verdict}: {counts}", "{verdict}: {counts}", "{verdict}：{counts}"),
    "ended": (
        "{finished}, {seconds} s, exit {status}",
        "{finished}, {seconds} с, код завершения {status}",
        "{finished}，{seconds} 秒，退出码 {status}",
    ),
    "interrupted": ("The run was interrupted.", "Запуск был прерван.", "运行被中断。"),
}


def phrase(name: str, language: Language, **values: object) -> str:
    """Give a phrase in a language, with its values filled in."""
    text = _PHRASES[name][("en", "ru", "zh").index(language)]
    return text.format(**values) if values else text
