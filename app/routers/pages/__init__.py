"""Pages for people: in HTML, without scripts, with nothing from third parties, for everybody."""
