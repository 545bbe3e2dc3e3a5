"""The API's habits, built once: callers, problems, versions, pages, repeats, limits."""

from app.routers.habits.caller import CallerDep, PortsDep
from app.routers.habits.exact import ExactRoute
from app.routers.habits.language import LanguageDep
from app.routers.habits.pages import Cursor, CursorDep, LimitDep, Page, page_of
from app.routers.habits.problems import Problem
from app.routers.habits.repeats import HabitRoute
from app.routers.habits.versions import IfMatch, set_etag

__all__ = [
    "CallerDep",
    "Cursor",
    "CursorDep",
    "ExactRoute",
    "HabitRoute",
    "IfMatch",
    "LanguageDep",
    "LimitDep",
    "Page",
    "PortsDep",
    "Problem",
    "page_of",
    "set_etag",
]
