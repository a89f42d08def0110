create table customer (
  project_id   text not null references project (id),
  id           text not null,
  source_id    text not null,
  name         text,
  email        text,
  phone        text,
  description  text,
  birthdate    date,
  address      jsonb,
  timezone     text,
  locale       text,
  metadata     jsonb not null default '{}',
  -- The customer's test clock: what a sandbox has forwarded them by. Always 0 in a live project.
  clock_offset_ms bigint not null default 0,
  unsubscribed_at timestamptz,
  created_at   timestamptz not null default now(),
  updated_at   timestamptz,
  primary key (project_id, id),
  unique (project_id, source_id)
);
create index customer_email on customer (project_id, lower(email));
-- Customers of sandboxes whose clock was turned, for the watch that looks for what is overdue.
create index customer_travelled on customer (project_id, id) where clock_offset_ms > 0;

-- One forward of a customer's test clock. It is repeated from where it stopped when the process that ran it died.
create table fast_forward (
  project_id     text not null,
  id             text not null,
  customer_id    text not null,
  from_offset_ms bigint not null,
  to_offset_ms   bigint not null,
  duration       text not null,
  -- The customer's time when it began.
  from_at        timestamptz not null,
  -- While this is in the future somebody works on it.
  leased_until   timestamptz not null,
  answer         jsonb,
  created_at     timestamptz not null default now(),
  finished_at    timestamptz,
  primary key (project_id, id),
  foreign key (project_id, customer_id) references customer (project_id, id) on delete cascade
);
create unique index fast_forward_running on fast_forward (project_id, customer_id) where finished_at is null;
