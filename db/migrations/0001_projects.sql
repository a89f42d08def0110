-- A project separates live from sandbox and one brand from another: every other row belongs to one.
create table project (
  id          text primary key,
  app_id      text not null unique,
  name        text not null unique,
  mode        text not null check (mode in ('sandbox', 'live')),
  timezone    text not null default 'UTC',
  currency    text not null default 'USD',
  -- Whether codes that differ in case only are different codes. Fixed when the project is made.
  case_sensitive_codes boolean not null default false,
  settings    jsonb not null default '{}',
  created_at  timestamptz not null default now()
);

-- Keys are random with 256 bits, so one SHA-256 is as strong as a slow hash and costs a microsecond.
create table api_key (
  id          text primary key,
  project_id  text not null references project (id),
  name        text not null,
  kind        text not null check (kind in ('secret', 'publishable')),
  key_hash    bytea not null unique,
  key_hint    text not null,
  role        text not null default 'admin',
  scopes      text[] not null default '{*}',
  origins     text[] not null default '{}',
  created_at  timestamptz not null default now(),
  revoked_at  timestamptz
);
create index api_key_project on api_key (project_id, created_at);

-- The answer of every write that succeeded or was refused by the domain, kept for a day, so that a write can be repeated.
-- Two that run at once are held apart by an advisory transaction lock on (project, key): db/idempotency.ts.
create table idempotency (
  project_id    text not null,
  key           text not null,
  request_hash  bytea not null,
  status        smallint not null,
  body          text not null,
  created_at    timestamptz not null default now(),
  primary key (project_id, key)
-- Compressing rows of this size costs more than it saves.
) with (toast_tuple_target = 8160);
create index idempotency_age on idempotency using brin (created_at);
