"""What the trash does, said once more in the slowest and plainest way, over records that are held in memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

Rule = Literal["restrict", "cascade", "set-null"]
Node = tuple[str, int]


@dataclass
class Item:
    """A record. `links` holds the key of each target by the name of the link."""

    links: dict[str, int | None]
    revision: int = 1
    deletion: int | None = None
    """The number of the delete that has put it into the trash; `None` for a live record."""


@dataclass
class Model:
    """Records by table and key. `links` holds for each link: table, name, target table and rule."""

    links: Sequence[tuple[str, str, str, Rule]]
    items: dict[Node, Item] = field(default_factory=dict)
    deletions: int = 0

    def pointing(self, target: Node, rule: Rule) -> Iterable[tuple[Node, str]]:
        """Yield every record that points at another one through a link with this rule, and the link."""
        for table, name, other, how in self.links:
            for node, item in self.items.items():
                if how == rule and node[0] == table and other == target[0] and item.links[name] == target[1]:
                    yield node, name

    def _with_children(self, roots: Iterable[Node], counts: Literal["live", "all", "together"]) -> set[Node]:
        found = set(roots)
        while True:
            more = {
                child
                for parent in found
                for child, _ in self.pointing(parent, "cascade")
                if self._counts(child, parent, counts)
            }
            if more <= found:
                return found
            found |= more

    def _counts(self, child: Node, parent: Node, counts: str) -> bool:
        item = self.items[child]
        if counts == "together":
            return item.deletion is not None and item.deletion == self.items[parent].deletion
        return counts == "all" or item.deletion is None

    def delete(self, table: str, keys: Sequence[int], action: str) -> dict[int, set[str]] | set[int] | None:
        """Delete records of a table. Return the missing keys, or by key what forbids it, or `None` where it is done."""
        permanent, roots = action == "permanent", [(table, key) for key in keys]
        missing = {node[1] for node in roots if not self._is_there(node, with_trash=permanent)}
        if missing:
            return missing
        counts: Literal["all", "live"] = "all" if permanent else "live"
        going = self._with_children(roots, counts)
        forbidden = {
            root[1]: places
            for root in roots
            if (places := self._restrictions(self._with_children([root], counts), going, counts))
        }
        if forbidden:
            return forbidden
        emptied: dict[Node, set[str]] = {}
        for parent in going:
            for child, name in self.pointing(parent, "set-null"):
                if child not in going and self._counts(child, parent, counts):
                    emptied.setdefault(child, set()).add(name)
        for node, names in emptied.items():
            self._revise(node, names)
        self.deletions += 1
        for node in going:
            if permanent:
                del self.items[node]
            else:
                self._revise(node, ())
                self.items[node].deletion = self.deletions
        return None

    def _restrictions(self, family: Iterable[Node], going: set[Node], counts: str) -> set[str]:
        return {
            f"{child[0]}.{name}"
            for parent in family
            for child, name in self.pointing(parent, "restrict")
            if child not in going and self._counts(child, parent, counts)
        }

    def restore(self, table: str, keys: Sequence[int]) -> dict[int, set[str]] | set[int] | None:
        """Restore records of a table; what is returned is as with `delete`."""
        roots = [(table, key) for key in keys]
        missing = {node[1] for node in roots if node not in self.items}
        if missing:
            return missing
        live = {node[1]: {"not_deleted"} for node in roots if self.items[node].deletion is None}
        if live:
            return live
        coming = self._with_children(roots, "together")
        forbidden: dict[int, set[str]] = {}
        for node in coming:
            places = {
                self._place(node, name, roots)
                for name in self._lost(node, coming)
                if self._rule(node, name) != "set-null"
            }
            owners = (
                [node] if node in roots else [root for root in roots if node in self._with_children([root], "together")]
            )
            for root in owners if places else ():
                forbidden.setdefault(root[1], set()).update(places)
        if forbidden:
            return forbidden
        lost = {node: self._lost(node, coming) for node in coming}
        for node, names in lost.items():
            self._revise(node, names)
            self.items[node].deletion = None
        return None

    def _lost(self, node: Node, coming: set[Node]) -> set[str]:
        """Return the links of a record that lead to one which stays in the trash."""
        targets = {
            name: (other, self.items[node].links[name]) for table, name, other, _ in self.links if table == node[0]
        }
        return {
            name
            for name, (other, key) in targets.items()
            if key is not None and (other, key) not in coming and self.items[other, key].deletion is not None
        }

    def _rule(self, node: Node, name: str) -> Rule:
        return next(rule for table, link, _, rule in self.links if (table, link) == (node[0], name))

    def _place(self, node: Node, name: str, roots: Sequence[Node]) -> str:
        return name if node in roots else f"{node[0]}.{name}"

    def _is_there(self, node: Node, *, with_trash: bool) -> bool:
        return node in self.items and (with_trash or self.items[node].deletion is None)

    def _revise(self, node: Node, emptied: Iterable[str]) -> None:
        item = self.items[node]
        item.revision += 1
        item.links |= dict.fromkeys(emptied)
