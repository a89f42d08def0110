-- Webhook endpoints are destinations of kind webhook. How each stands with us: a row is there only once something failed.
create table destination_health (
  destination_id text primary key references destination (id) on delete cascade,
  -- Since the last success; null: nothing failed since.
  failing_since  timestamptz,
  failures       integer not null default 0,
  -- It asked for time, or has failed for long: nothing goes there before.
  held_until     timestamptz,
  -- Why we stopped delivering there by ourselves.
  disabled_reason text
) with (fillfactor = 50);

-- What the other side answered, as an HTTP status.
alter table delivery_attempt add column status smallint;

create index delivery_of_endpoint on delivery (destination_id, id) where kind = 'webhook';
create index delivery_in_order on delivery (destination_id, customer_id, id) where kind = 'webhook' and state in ('planned', 'sending');
