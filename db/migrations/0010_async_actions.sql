-- Work that a request asks for and does not wait for. A workflow does it in batches, each a transaction that makes its part and counts it
-- in `done`: so a worker that dies leaves neither gaps nor duplicates.
create table async_action (
  project_id  text not null references project (id),
  id          text not null unique,
  type        text not null,
  status      text not null default 'ENQUEUED' check (status in ('ENQUEUED', 'IN_PROGRESS', 'DONE', 'FAILED')),
  campaign_id text,
  request     jsonb not null,
  total       bigint not null check (total > 0),
  done        bigint not null default 0 check (done >= 0 and done <= total),
  error       text,
  created_at  timestamptz not null,
  updated_at  timestamptz not null,
  finished_at timestamptz,
  -- Like a cohort's: asked for in the transaction that makes the row, told once Temporal has taken it.
  wakes_asked bigint not null default 1,
  wakes_told  bigint not null default 0,
  wake_after  timestamptz,
  primary key (project_id, id)
);
create index async_action_to_wake on async_action (id) where wakes_asked > wakes_told;
create index async_action_unfinished on async_action (project_id, campaign_id) where status in ('ENQUEUED', 'IN_PROGRESS');
