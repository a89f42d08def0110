-- Points that were earned and cannot be spent before a day comes. A row stays once it is settled, so that nobody earns twice for one thing.
create table pending_points (
  project_id  text not null,
  id          text not null,
  voucher_id  text not null,
  campaign_id text not null,
  customer_id text not null,
  order_id    text,
  earning_rule_id text not null,
  status      text not null default 'PENDING' check (status in ('PENDING', 'ACTIVATED', 'CANCELED')),
  points      bigint not null check (points >= 0),
  -- What went with a part of the order that came back.
  taken       bigint not null default 0 check (taken >= 0),
  -- By the holder's clock: the start of that day, where the project is.
  activates_on date not null,
  activates_at timestamptz not null,
  -- When they expire once they are active, as the earning rule said; null: as the program says by then.
  expiration_rules jsonb,
  details     jsonb not null,
  -- As that of points_transaction: what fulfilled the rule, and the card.
  dedupe_key  text not null,
  -- What put them on the card.
  transaction_id text,
  created_at  timestamptz not null,
  updated_at  timestamptz,
  primary key (project_id, id),
  foreign key (project_id, voucher_id) references voucher (project_id, id) on delete cascade,
  check ((status = 'ACTIVATED') = (transaction_id is not null))
) with (fillfactor = 80);
create unique index pending_points_once on pending_points (project_id, dedupe_key);
create index pending_points_voucher on pending_points (project_id, voucher_id, id) where status = 'PENDING';
create index pending_points_campaign on pending_points (project_id, campaign_id, id) where status = 'PENDING';
create index pending_points_customer on pending_points (project_id, customer_id) where status = 'PENDING';
create index pending_points_due on pending_points (activates_at) where status = 'PENDING';
create index pending_points_order on pending_points (project_id, order_id) where order_id is not null;
create index pending_points_card on pending_points (project_id, voucher_id);
create index pending_points_transaction on pending_points (project_id, transaction_id) where transaction_id is not null;

alter table earning_rule add column pending_days smallint check (pending_days between 1 and 90);

alter table points_transaction drop constraint points_transaction_type_check;
alter table points_transaction add constraint points_transaction_type_check check (type in ('POINTS_ACCRUAL', 'PENDING_POINTS_ACTIVATION',
  'POINTS_CANCELLATION', 'POINTS_REDEMPTION', 'POINTS_REFUND', 'POINTS_ADDITION', 'POINTS_REMOVAL', 'POINTS_EXPIRATION', 'POINTS_TRANSFER_IN',
  'POINTS_TRANSFER_OUT'));
