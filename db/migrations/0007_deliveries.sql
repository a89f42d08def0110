-- A mail template: immutable versions, compiled from MJML when published.
create table template (
  project_id  text not null references project (id),
  key         text not null,
  version     integer not null,
  source      text not null,
  subject     text not null,
  html        text not null,
  text        text not null,
  -- The topic of its mails where the step that sends them names none.
  topic       text,
  -- SHA-256 of the source: the same source again is no new version.
  hash        text not null,
  published_at timestamptz not null default now(),
  primary key (project_id, key, version)
);

-- Where deliveries go: an SMTP route or a webhook endpoint. One workflow, destination-<id>, drains it while there is something to send.
create table destination (
  project_id  text not null references project (id),
  id          text not null primary key,
  kind        text not null check (kind in ('smtp', 'webhook')),
  name        text not null,
  -- Not secret: sender, url, event types, ordering. Secrets are encrypted beside it.
  config      jsonb not null,
  secrets     bytea[] not null default '{}',
  state       text not null default 'active' check (state in ('active', 'paused', 'disabled')),
  -- null: as fast as it takes them
  rate_per_second integer check (rate_per_second > 0),
  wakes_asked bigint not null default 0,
  wakes_told  bigint not null default 0,
  -- A relay that signals takes the row until then; one that failed leaves it until then.
  wake_after  timestamptz,
  created_at  timestamptz not null default now(),
  updated_at  timestamptz,
  unique (project_id, kind, name)
);
create index destination_to_wake on destination (id) where wakes_asked > wakes_told;

-- When a destination with a rate may be sent to next. Beside the destination, since journeys lock that row to ask for its wake-up.
create table destination_pace (
  destination_id text primary key references destination (id) on delete cascade,
  next_at        timestamptz not null
) with (fillfactor = 50);

-- A mail to send or a webhook to post.
create table delivery (
  project_id    text not null,
  id            text not null,
  destination_id text not null references destination (id),
  kind          text not null check (kind in ('email', 'webhook')),
  -- What it is (enrolment, step, visit, channel), so that it exists once.
  dedupe_key    text not null,
  customer_id   text,
  enrolment_id  text,
  event_id      text,
  -- planned, sending (committed just before it goes on the wire), accepted, failed, unknown (was on the wire when the process died), skipped (not to be sent, with the reason)
  state         text not null default 'planned' check (state in ('planned', 'sending', 'accepted', 'failed', 'unknown', 'skipped')),
  reason        text,
  -- 0 first
  priority      smallint not null default 3 check (priority between 0 and 9),
  -- Real time: when it is sent, and tried again.
  due_at        timestamptz not null,
  lease         text,
  leased_until  timestamptz,
  -- How often it went on the wire, and how often it was put off since it was planned or an operator sent it again.
  attempts      integer not null default 0,
  retries       integer not null default 0,
  -- email: {to, name, topic, template, version, data}; webhook: {type, body}
  payload       jsonb not null,
  message_id    text,
  created_at    timestamptz not null default now(),
  finished_at   timestamptz,
  primary key (project_id, id),
  unique (project_id, dedupe_key)
) with (fillfactor = 70);
create index delivery_due on delivery (destination_id, priority, due_at, id) where state = 'planned';
create index delivery_sending on delivery (destination_id, leased_until) where state = 'sending';
create index delivery_customer on delivery (project_id, customer_id, id) where customer_id is not null;
create index delivery_enrolment on delivery (project_id, enrolment_id) where enrolment_id is not null;

create table delivery_attempt (
  project_id  text not null,
  delivery_id text not null,
  number      integer not null,
  outcome     text not null,
  -- What the other side answered: SMTP reply or HTTP status and the start of the body.
  answer      text,
  started_at  timestamptz not null,
  finished_at timestamptz,
  primary key (project_id, delivery_id, number),
  foreign key (project_id, delivery_id) references delivery (project_id, id) on delete cascade
);

-- Addresses that get nothing, and why: bounced, complained, unsubscribed, by hand.
create table suppression (
  project_id text not null references project (id),
  email      text not null,
  topic      text not null default '*',
  reason     text not null,
  created_at timestamptz not null default now(),
  primary key (project_id, email, topic)
);
