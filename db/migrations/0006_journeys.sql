create table journey (
  project_id      text not null references project (id),
  id              text not null,
  -- The name that its definition gives it.
  key             text not null,
  name            text not null,
  state           text not null default 'live' check (state in ('live', 'paused', 'draining', 'archived')),
  version         integer not null,
  created_at      timestamptz not null default now(),
  updated_at      timestamptz,
  primary key (project_id, id),
  unique (project_id, key)
);

-- Immutable: an edit is a new version, and who is inside stays on the one they entered with, templates included.
create table journey_version (
  project_id  text not null,
  journey_id  text not null,
  version     integer not null,
  definition  jsonb not null,
  -- As it was written, for people to read and to export.
  source      text not null,
  -- {template key: version} as they stood when it was published.
  templates   jsonb not null,
  -- SHA-256 of definition and templates: publishing the same again makes no new version.
  hash        text not null,
  trigger_event text,
  -- Every type of event that it listens for: its trigger, goal, exits and waits.
  event_types text[] not null,
  published_at timestamptz not null default now(),
  primary key (project_id, journey_id, version),
  foreign key (project_id, journey_id) references journey (project_id, id) on delete cascade
);

-- 1 to 500 enrolments of one version that entered together; one workflow, journey-<id>, walks them.
create table cohort (
  project_id      text not null,
  id              text not null primary key,
  journey_id      text not null,
  version         integer not null,
  priority        smallint not null default 3,
  -- The customer's test clock when they entered; the workflow's time is its own clock and this.
  clock_offset_ms bigint not null default 0,
  -- Signals asked for and signals that Temporal took: the relay signals while they differ.
  wakes_asked     bigint not null default 1,
  wakes_told      bigint not null default 0,
  -- A relay that signals takes the row until then; one that failed leaves it until then.
  wake_after      timestamptz,
  created_at      timestamptz not null default now(),
  foreign key (project_id, journey_id, version) references journey_version (project_id, journey_id, version)
) with (fillfactor = 70);
create index cohort_to_wake on cohort (priority, id) where wakes_asked > wakes_told;

create table enrolment (
  project_id   text not null,
  id           text not null,
  journey_id   text not null,
  version      integer not null,
  cohort_id    text not null references cohort (id),
  customer_id  text not null,
  entry_key    text not null,
  entry_number integer not null,
  event_id     text,
  state        text not null default 'active' check (state in ('active', 'completed', 'exited', 'held')),
  -- How it ended (goal, completed, an exit step's outcome) or why it is held.
  outcome      text,
  -- Where the customer stands: a step's id, how often they came to it, and when it is due.
  step         text,
  visit        integer not null default 1,
  due_at       timestamptz,
  -- The event a wait is armed for, and the one that came.
  awaiting     text,
  awaited_since timestamptz,
  awaited_event_id text,
  -- {event, coupons: {as: {id, code, expires_at}}, steps: {id: result}}
  context      jsonb not null default '{}',
  entered_at   timestamptz not null,
  ended_at     timestamptz,
  primary key (project_id, id),
  foreign key (project_id, customer_id) references customer (project_id, id) on delete cascade,
  unique (project_id, journey_id, customer_id, entry_key, entry_number)
) with (fillfactor = 70);
-- A trigger event enrols at most once.
create unique index enrolment_event on enrolment (project_id, journey_id, event_id, customer_id) where event_id is not null;
create index enrolment_cohort on enrolment (cohort_id, step) where state = 'active';
create index enrolment_live on enrolment (project_id, customer_id) where state in ('active', 'held');
create index enrolment_due on enrolment (due_at) where state = 'active';
create index enrolment_held on enrolment (project_id, journey_id, id) where state = 'held';

-- What each visit of a step did. The key is what makes a step that is tried again do nothing twice.
create table enrolment_step (
  project_id   text not null,
  enrolment_id text not null,
  step         text not null,
  visit        integer not null,
  kind         text not null,
  outcome      text not null,
  detail       jsonb not null default '{}',
  -- The customer's time, and the real time.
  at           timestamptz not null,
  recorded_at  timestamptz not null default now(),
  primary key (project_id, enrolment_id, step, visit),
  foreign key (project_id, enrolment_id) references enrolment (project_id, id) on delete cascade
);
