-- The ledger of redemptions and rollbacks, failed ones too. Rows are never changed. No foreign keys: the row is written in the
-- transaction that holds its voucher's lock, and a voucher that is deleted leaves its history.
create table redemption (
  project_id   text not null,
  id           text not null,
  object       text not null check (object in ('redemption', 'redemption_rollback')),
  result       text not null check (result in ('SUCCESS', 'FAILURE')),
  voucher_id   text,
  code         text,
  campaign_id  text,
  customer_id  text,
  tracking_id  text,
  -- The redemption that a rollback takes back.
  rollback_of  text,
  -- The redemption of a stack that this one is part of.
  parent_id    text,
  -- The discount given, in minor units of the order's currency. A rollback's is negative.
  amount       bigint not null default 0,
  -- What is written once and read as a whole is json: jsonb costs as much to make as the rest of the row together.
  "order"      json,
  failure_code text,
  failure_message text,
  reason       text,
  metadata     json,
  trace        json not null,
  api_key_id   text,
  created_at   timestamptz not null,
  primary key (project_id, id)
-- Compressing rows of this size costs more than it saves.
) with (toast_tuple_target = 8160);
create index redemption_voucher on redemption (project_id, voucher_id, id);
create index redemption_customer on redemption (project_id, customer_id, id) where customer_id is not null;
create index redemption_parent on redemption (project_id, parent_id) where parent_id is not null;
-- A redemption is taken back once, whatever races.
create unique index redemption_rolled_back_once on redemption (project_id, rollback_of) where rollback_of is not null and result = 'SUCCESS';

-- Every validation with what decided. Written in sets off the path, kept for a week; db/validations.ts makes and drops the days.
create table validation (
  project_id  text not null,
  id          text not null,
  code        text,
  customer_id text,
  outcome     text not null,
  trace       json not null,
  created_at  timestamptz not null,
  primary key (project_id, id, created_at)
) partition by range (created_at);
create index validation_code on validation (project_id, code, created_at);
