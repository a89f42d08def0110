-- Access tokens of OAuth client credentials: minutes long, of a key and with no more than its scopes. Like keys, only their hash is kept.
create table access_token (
  token_hash  bytea primary key,
  project_id  text not null references project (id),
  api_key_id  text not null references api_key (id),
  scopes      text[] not null,
  created_at  timestamptz not null default now(),
  expires_at  timestamptz not null,
  revoked_at  timestamptz
);
create index access_token_expiry on access_token (expires_at);

-- Imports and exports are asynchronous actions too. How many rows there are is not known before an export has begun; rows that are wrong
-- are counted beside those that are done, and told one by one.
alter table async_action drop constraint async_action_total_check, add constraint async_action_total_check check (total >= 0);
alter table async_action add column failed bigint not null default 0;

-- Rows to import that were checked when they were uploaded, many to a row of this table: deleted in the transaction that imports them.
create table import_batch (
  project_id text not null,
  action_id  text not null,
  number     integer not null,
  rows       json not null,
  primary key (project_id, action_id, number),
  foreign key (project_id, action_id) references async_action (project_id, id) on delete cascade
);
-- Read once: compressing it costs more than it saves.
alter table import_batch alter column rows set storage external;

-- Rows that were not imported, by the line of the file where they begin.
create table import_error (
  project_id text not null,
  action_id  text not null,
  line       integer not null,
  -- [{path, message}]
  errors     jsonb not null,
  primary key (project_id, action_id, line),
  foreign key (project_id, action_id) references async_action (project_id, id) on delete cascade
);

-- The pieces of a CSV file that was exported.
create table export_chunk (
  project_id text not null,
  action_id  text not null,
  number     integer not null,
  csv        text not null,
  -- Where the next piece begins: the id of its last row, and the value that the rows are sorted by.
  last_id    text not null,
  last_value jsonb,
  primary key (project_id, action_id, number),
  foreign key (project_id, action_id) references async_action (project_id, id) on delete cascade
);
create index async_action_exports on async_action (project_id, id) where type = 'EXPORT';

-- How often redeemables of a campaign were validated, and with what outcome: traces are kept for a week, these counts for good. A quarter of an
-- hour each, so that the days of every time zone are sums of them.
create table validation_count (
  project_id  text not null,
  campaign_id text not null,
  at          timestamptz not null,
  -- `valid`, or the key of the refusal.
  outcome     text not null,
  count       bigint not null,
  primary key (project_id, campaign_id, at, outcome)
);

-- When codes of a campaign were given to customers.
create index voucher_published on voucher (project_id, campaign_id, published_at) where published_at is not null;
