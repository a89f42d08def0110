-- A journey that was saved and not published yet is a draft: version 0, and nobody enters.
alter table journey drop constraint journey_state_check;
alter table journey add constraint journey_state_check check (state in ('draft', 'live', 'paused', 'draining', 'archived'));
-- What a journey that drains becomes once nobody is inside: archived, or live with a version that waits for that.
alter table journey add column drains_to text check (drains_to in ('archived', 'live'));
-- The definition that somebody works on, as it was written; it may have mistakes.
alter table journey add column draft text;
alter table journey add column draft_saved_at timestamptz;

-- Since when somebody is held (real time).
alter table enrolment add column held_at timestamptz;
update enrolment set held_at = now() where state = 'held';
create index enrolment_inside on enrolment (project_id, journey_id, version, step) where state in ('active', 'held');
create index enrolment_of_journey on enrolment (project_id, journey_id, id);

-- What nobody has looked at yet, for the list of dead letters.
create index delivery_dead on delivery (project_id, finished_at desc, id) where state in ('failed', 'unknown');
create index inbound_event_unmapped on inbound_event (project_id, received_at desc, id) where status = 'unmapped';
