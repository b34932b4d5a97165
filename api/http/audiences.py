"""Who may ask: the audiences that routes name in their signatures, each by the right it needs (`domain.rights`)."""

from typing import Annotated, TypeAlias

from fastapi import Depends

from api.http.identity import Audience, public
from domain.decision import Actor
from domain.rights import Action

CaseWorker: TypeAlias = Annotated[Actor, Depends(Audience(Action.WORK))]
"""The assigned Case Manager, or a Workflow Lead of the provider."""

WorkflowLead: TypeAlias = Annotated[Actor, Depends(Audience(Action.ASSIGN))]
Closer: TypeAlias = Annotated[Actor, Depends(Audience(Action.CLOSE))]
AttendanceLead: TypeAlias = Annotated[Actor, Depends(Audience(Action.NAME_PRIMARY_CONTACT))]
SchoolStaff: TypeAlias = Annotated[Actor, Depends(Audience(Action.REQUEST_SUPPORT))]
CentralInvestigations: TypeAlias = Annotated[Actor, Depends(Audience(Action.DECIDE_AS_CIT))]

RollFeed: TypeAlias = Annotated[Actor, Depends(Audience(Action.FEED_ROLL))]
"""ENROL, as a system's own user."""

Corrector: TypeAlias = Annotated[Actor, Depends(Audience(Action.CORRECT_DETAILS))]
CaregiverRegistrar: TypeAlias = Annotated[Actor, Depends(Audience(Action.REGISTER_CAREGIVER))]
ReferenceKeeper: TypeAlias = Annotated[Actor, Depends(Audience(Action.KEEP_REFERENCE_DATA))]
Inviter: TypeAlias = Annotated[Actor, Depends(Audience(Action.INVITE_USER))]
Granter: TypeAlias = Annotated[Actor, Depends(Audience(Action.GRANT_STAFF_ROLE, Action.GRANT_MINISTRY_ROLE))]
Administrator: TypeAlias = Annotated[Actor, Depends(Audience(Action.GRANT_MINISTRY_ROLE))]

PrivacyOfficer: TypeAlias = Annotated[Actor, Depends(Audience(Action.DECIDE_DISPOSAL))]
DisposalReader: TypeAlias = Annotated[Actor, Depends(Audience(Action.READ_DISPOSALS))]
FormerReader: TypeAlias = Annotated[Actor, Depends(Audience(Action.READ_FORMER_DETAILS))]

CaseReader: TypeAlias = Annotated[Actor, Depends(Audience(Action.READ_CASE))]
TimelineReader: TypeAlias = Annotated[Actor, Depends(Audience(Action.READ_TIMELINE))]
SchoolReporter: TypeAlias = Annotated[Actor, Depends(Audience(Action.READ_SCHOOL_REPORTS))]
RegionalReporter: TypeAlias = Annotated[Actor, Depends(Audience(Action.READ_REGIONAL_REPORTS))]
ProviderReporter: TypeAlias = Annotated[Actor, Depends(Audience(Action.READ_PROVIDER_REPORTS))]

Anybody: TypeAlias = Annotated[Actor, Depends(Audience(*Action))]
"""Whoever holds a role: what they are answered is about themselves, unless they may see more."""

PUBLIC = Depends(public)
"""`dependencies=[PUBLIC]`: anybody, without a token."""
