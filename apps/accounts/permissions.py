"""What each role may do: one table, read everywhere."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

from apps.accounts.models import Role

__all__ = ["Access", "Action", "require_within", "roles_within"]


class Action(StrEnum):
    """The things a role can be allowed to do in a mine."""

    VIEW = "view"  # mines, areas, cameras, scenes, alarms, pictures
    ACKNOWLEDGE = "acknowledge"
    WATCH_CLIP = "watch_clip"  # play and download evidence
    CUT_CLIP = "cut_clip"  # keep a span of the recording as evidence
    CONFIGURE = "configure"  # areas, machines, cameras, scenes
    MANAGE_PEOPLE = "manage_people"
    SEND_SIGNAL = "send_signal"
    CREATE_MINE = "create_mine"  # only with a role in the whole organisation
    READ_AUDIT = "read_audit"
    EXPORT = "export"  # pack evidence into a bundle and take it away
    HOLD = "hold"  # keep evidence from being deleted, and end such a hold
    REMOVE = "remove"  # delete a video that nobody holds


ALLOWED: Mapping[str, frozenset[Action]] = {
    Role.OWNER: frozenset(Action),
    Role.ADMIN: frozenset(Action) - {Action.CREATE_MINE, Action.REMOVE},
    Role.OPERATOR: frozenset({Action.VIEW, Action.ACKNOWLEDGE, Action.WATCH_CLIP, Action.CUT_CLIP}),
    Role.AUDITOR: frozenset({Action.VIEW, Action.WATCH_CLIP, Action.READ_AUDIT, Action.EXPORT}),
    Role.INTEGRATOR: frozenset({Action.VIEW, Action.WATCH_CLIP, Action.SEND_SIGNAL}),
}


def roles_within(own: str) -> list[Role]:
    """List the roles that allow nothing which that one does not, itself among them."""
    mine = ALLOWED.get(own, frozenset())
    return [role for role in Role if ALLOWED[role] <= mine]


def require_within(own: str, *roles: str) -> None:
    """Raise PermissionDenied with a sentence when one of the roles is above one's own."""
    if set(roles) - set(roles_within(own)):
        raise PermissionDenied(_("Nobody gives, changes or takes away a role above their own."))


@dataclass(frozen=True)
class Access:
    """Everything one signed-in person (or token) may reach."""

    roles: Mapping[int, str] = field(default_factory=dict)  # mine id -> role
    organisation_roles: Mapping[int, str] = field(default_factory=dict)
    organisation_ids: frozenset[int] = frozenset()  # whose names may be seen
    # By a grant that runs now: the mine's number and the grant's, of whole mines and of cases.
    guest_of: Mapping[int, int] = field(default_factory=dict)
    cases: Mapping[int, Mapping[int, int]] = field(default_factory=dict)  # mine, alarm, grant

    def only(self, mine_id: int) -> "Access":
        """Return the same access narrowed to one mine."""
        roles = {mine: role for mine, role in self.roles.items() if mine == mine_id}
        guest_of = {mine: grant for mine, grant in self.guest_of.items() if mine == mine_id}
        cases = {mine: alarms for mine, alarms in self.cases.items() if mine == mine_id}
        return Access(roles, {}, self.organisation_ids, guest_of, cases)

    def is_case(self, alarm_id: int) -> bool:
        """Tell whether an alarm is one of the single cases that a grant lets the person see."""
        return any(alarm_id in alarms for alarms in self.cases.values())

    def watched_in(self, mine_id: int) -> bool:
        """Tell whether every look at that mine is noted: of its auditors, and by a grant."""
        return self.roles.get(mine_id) == Role.AUDITOR or mine_id in self.cases

    def can(self, action: Action, mine_id: int) -> bool:
        """Tell whether the action is allowed in that mine."""
        return action in ALLOWED.get(self.roles.get(mine_id, ""), frozenset())

    def require(self, action: Action, mine_id: int) -> None:
        """Raise PermissionDenied with a sentence when the action is not allowed."""
        if self.can(action, mine_id):
            return
        if self.roles:
            raise PermissionDenied(_("Your role in this mine does not allow that."))
        if self.organisations_for(Action.CREATE_MINE):
            raise PermissionDenied(_("There is no mine yet. Add the first one under “Set up”."))
        if self.cases:
            raise PermissionDenied(_("You were let in to single cases alone; see “Audit”."))
        raise PermissionDenied(
            _("You have no role in any mine. If you were let in for a time, it is over.")
        )

    def may_give(self, mine_id: int) -> list[tuple[str, str]]:
        """List the roles in that mine which are not above one's own: codes and labels."""
        return [(role.value, role.label) for role in roles_within(self.roles.get(mine_id, ""))]

    def mines_for(self, action: Action) -> list[int]:
        """List the mines in which the action is allowed."""
        return sorted(mine for mine in self.roles if self.can(action, mine))

    def organisations_for(self, action: Action) -> list[int]:
        """List the organisations in which the action is allowed throughout."""
        return sorted(
            organisation
            for organisation, role in self.organisation_roles.items()
            if action in ALLOWED[role]
        )
