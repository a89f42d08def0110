-- Who may post to a source, how much and how often. No nets: anybody who signs.
alter table source
  add column allowed_nets text[] not null default '{}',
  add column max_bytes integer check (max_bytes > 0),
  add column rate_per_second integer check (rate_per_second > 0);

-- The last posts that a source refused, for the person who sets it up. Bounded: anybody can make refused posts.
create table refused_post (
  project_id  text not null,
  id          text not null,
  source_id   text not null,
  reason      text not null,
  -- From where it was posted.
  address     text not null,
  headers     jsonb not null,
  -- Its start.
  body        bytea not null,
  received_at timestamptz not null default now(),
  primary key (project_id, id),
  foreign key (project_id, source_id) references source (project_id, id) on delete cascade
);
create index refused_post_of_source on refused_post (source_id, id);

-- A project's application on a Svix server, where one delivers the webhooks: what goes there is a delivery as any other.
alter table destination drop constraint destination_kind_check;
alter table destination add constraint destination_kind_check check (kind in ('smtp', 'webhook', 'svix'));
