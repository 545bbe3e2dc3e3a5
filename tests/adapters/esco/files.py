"""Small files in ESCO's columns, good ones and bad ones."""

import zipfile
from pathlib import Path

SKILL = "http://data.europa.eu/esco/skill/"
TEAMS, QUALITY = f"{SKILL}teams", f"{SKILL}quality"
GROUP = f"{SKILL}group"
SKILLS = "conceptType,conceptUri,skillType,reuseLevel,preferredLabel,altLabels,description\n"
GOOD = (
    SKILLS
    + f"KnowledgeSkillCompetence,{TEAMS},skill/competence,transversal,work in teams ,"
    + '"team-working\nwork in teams",Work with others.\n'
    + f"KnowledgeSkillCompetence,{QUALITY},skill/competence,cross-sector,manage quality,,\n"
)
GROUPS = (
    "conceptType,conceptUri,preferredLabel,altLabels,code,description\n"
    f"SkillGroup,{GROUP},working with others,,S1,\n"
)
BROADER = (
    "conceptType,conceptUri,broaderType,broaderUri\n"
    f"KnowledgeSkillCompetence,{TEAMS},SkillGroup,{GROUP}\n"
)


def put(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def zipped(folder: Path, name: str, **files: str) -> Path:
    path = folder / name
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for inner, content in files.items():
            archive.writestr(f"{inner}.csv", content)
    return path
