-- Who is held out, when the goal was reached (counted alike for those who were held out and for those who walked to the end before it),
-- and which launch let them in.
alter table enrolment
  add column holdout       boolean not null default false,
  add column launch_id     text,
  add column goal_until    timestamptz,
  add column goal_at       timestamptz,
  add column goal_event_id text;
create index enrolment_goal_open on enrolment (project_id, customer_id)
  where goal_until is not null and goal_at is null and state in ('completed', 'exited');

-- A project's quiet hours and frequency caps: domain/sending.ts.
create table sending_rules (
  project_id text primary key references project (id),
  rules      jsonb not null,
  updated_at timestamptz not null default now()
);

-- How often something that is limited was done: mails of a frequency cap to a customer, coupons of a step. Locked before it is counted.
create table allowance (
  project_id text not null,
  key        text not null,
  total      bigint not null default 0,
  -- [{id, at}] as far back as a window may reach, in the customer's time.
  recent     jsonb not null default '[]',
  primary key (project_id, key)
) with (fillfactor = 50);

-- What the guard of referrals found, and what people decided where it was not sure.
create table referral_check (
  project_id   text not null,
  id           text not null,
  journey_id   text not null,
  enrolment_id text not null,
  step         text not null,
  visit        integer not null,
  referee_id   text not null,
  referrer_id  text,
  verdict      text not null check (verdict in ('pass', 'review', 'fail')),
  signals      text[] not null,
  -- null where nobody has to decide, or has not yet.
  decision     text check (decision in ('approved', 'rejected', 'expired')),
  note         text,
  created_at   timestamptz not null default now(),
  decided_at   timestamptz,
  primary key (project_id, id),
  unique (project_id, enrolment_id, step, visit),
  foreign key (project_id, enrolment_id) references enrolment (project_id, id) on delete cascade
);
create index referral_check_open on referral_check (project_id, id) where verdict = 'review' and decision is null;

-- By what a referred customer would be known again: SHA-256 of the normalised address, payment method, device or postal address.
create table referral_mark (
  project_id  text not null,
  mark        bytea not null,
  customer_id text not null,
  primary key (project_id, mark, customer_id),
  foreign key (project_id, customer_id) references customer (project_id, id) on delete cascade
);

-- An audience that enters a journey: its members are written down when it is launched, and enter cohort by cohort.
create table launch (
  project_id        text not null,
  id                text not null primary key,
  journey_id        text not null,
  version           integer not null,
  audience          jsonb not null,
  -- What the journey's expressions see as event.data.
  data              jsonb not null default '{}',
  state             text not null default 'running' check (state in ('running', 'paused', 'done', 'cancelled')),
  starts_per_second integer check (starts_per_second > 0),
  sends_per_second  integer check (sends_per_second > 0),
  -- {at, jitter}: the first step is due at this local time.
  local_time        jsonb,
  total             integer not null default 0,
  -- When the next members may enter.
  next_start_at     timestamptz not null,
  -- The run of a schedule that made it, which makes one.
  schedule_run      text unique,
  wakes_asked       bigint not null default 1,
  wakes_told        bigint not null default 0,
  wake_after        timestamptz,
  created_at        timestamptz not null default now(),
  finished_at       timestamptz,
  foreign key (project_id, journey_id, version) references journey_version (project_id, journey_id, version)
) with (fillfactor = 70);
create index launch_to_wake on launch (id) where wakes_asked > wakes_told;
create index launch_of_journey on launch (project_id, journey_id, id);

create table launch_member (
  launch_id   text not null references launch (id) on delete cascade,
  place       integer not null,
  customer_id text not null,
  state       text not null default 'waiting' check (state in ('waiting', 'enrolled', 'holdout', 'skipped')),
  -- Why they were passed over.
  reason      text,
  primary key (launch_id, place)
);
create index launch_member_waiting on launch_member (launch_id, place) where state = 'waiting';

-- When a launch with a cap may send next. Beside the launch, since steps lock it while they hold enrolments.
create table launch_pace (
  launch_id    text primary key references launch (id) on delete cascade,
  next_send_at timestamptz not null
) with (fillfactor = 50);

-- The Temporal Schedule of a journey that starts by the clock; the relay brings it there.
create table journey_schedule (
  project_id  text not null,
  journey_id  text not null primary key,
  -- null: there is to be none.
  cron        text,
  timezone    text not null,
  wakes_asked bigint not null default 1,
  wakes_told  bigint not null default 0,
  wake_after  timestamptz,
  foreign key (project_id, journey_id) references journey (project_id, id) on delete cascade
);
