-- What happened, in the words of journeys and webhooks. Written in the transaction that made it happen, never changed.
create table event (
  project_id  text not null,
  id          text not null,
  type        text not null,
  customer_id text,
  data        jsonb not null,
  -- What makes it the same event when it is told again, such as its provider's id.
  dedupe_key  text,
  occurred_at timestamptz not null,
  recorded_at timestamptz not null default now(),
  primary key (project_id, id)
);
create unique index event_once on event (project_id, dedupe_key) where dedupe_key is not null;
create index event_customer on event (project_id, customer_id, occurred_at, id) where customer_id is not null;

-- Events that the relay has not routed yet. A row is inserted with its event and deleted in the transaction that routes it.
create table outbox (
  partition   smallint not null,
  project_id  text not null,
  event_id    text not null,
  customer_id text,
  -- When the row was written, by the one clock that all writers share: who waited for another's lock stands after them.
  created_at  timestamptz not null default statement_timestamp(),
  -- Why this event cannot be routed, and since when: it stands aside, so that it holds up nobody else, and is tried again later.
  error       text,
  held_at     timestamptz,
  primary key (partition, created_at, event_id)
) with (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000);

-- A customer's events all hash to one partition, whose row is locked while its events are routed: so they are routed in order,
-- by one relay at a time, and a relay that dies gives its partitions back at once.
create table relay_partition (id smallint primary key);
insert into relay_partition select generate_series(0, 15);

-- A source of inbound webhooks: POST /hooks/{id}.
create table source (
  project_id  text not null references project (id),
  id          text not null unique,
  name        text not null,
  provider    text not null,
  -- Encrypted (AES-256-GCM), newest first; several are active while one is rotated.
  secrets     bytea[] not null,
  -- From payload to event: domain/mapping.ts.
  mapping     jsonb not null,
  settings    jsonb not null default '{}',
  active      boolean not null default true,
  -- Processes keep sources in memory by (id, revision); a post is stored only if its source still stands at the revision that verified it.
  revision    integer not null default 1,
  created_at  timestamptz not null default now(),
  updated_at  timestamptz,
  primary key (project_id, id),
  unique (project_id, name)
);

-- What sources posted, byte for byte. Stored before the 2xx, mapped after.
create table inbound_event (
  project_id  text not null,
  id          text not null,
  source_id   text not null,
  provider_event_id text not null,
  headers     jsonb not null,
  body        bytea not null,
  status      text not null default 'received' check (status in ('received', 'mapped', 'ignored', 'unmapped')),
  -- Why it could not be mapped, in words for the person who mends the mapping.
  error       text,
  received_at timestamptz not null default now(),
  mapped_at   timestamptz,
  primary key (project_id, id),
  foreign key (project_id, source_id) references source (project_id, id) on delete cascade
);
create unique index inbound_event_once on inbound_event (source_id, provider_event_id);
create index inbound_event_waiting on inbound_event (source_id, received_at, id) where status = 'received';
create index inbound_event_listed on inbound_event (project_id, source_id, id);
