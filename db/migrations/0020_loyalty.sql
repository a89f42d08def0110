-- A loyalty card is a voucher with points: `balance = points - expired - subtracted` less what was redeemed.
alter table voucher
  -- All that were ever added, and what is left of them.
  add column loyalty_points bigint,
  add column loyalty_balance bigint check (loyalty_balance >= 0),
  -- Of those that are gone: what came to its end unused, and what was taken away.
  add column loyalty_expired bigint,
  add column loyalty_subtracted bigint,
  add check (num_nulls(loyalty_points, loyalty_balance, loyalty_expired, loyalty_subtracted) in (0, 4)),
  add check (loyalty_balance <= loyalty_points - loyalty_expired - loyalty_subtracted);

-- Every change of a card's points, in the transaction that makes it. Rows are never changed.
create table points_transaction (
  project_id  text not null,
  id          text not null,
  voucher_id  text not null,
  campaign_id text,
  type        text not null check (type in ('POINTS_ACCRUAL', 'POINTS_CANCELLATION', 'POINTS_REDEMPTION', 'POINTS_REFUND', 'POINTS_ADDITION',
    'POINTS_REMOVAL', 'POINTS_EXPIRATION', 'POINTS_TRANSFER_IN', 'POINTS_TRANSFER_OUT')),
  -- Negative where the card has less after it.
  points      bigint not null,
  -- After it: what is left, and all that were ever added.
  balance     bigint not null,
  total       bigint not null,
  -- What the caller calls it.
  source_id   text,
  reason      text,
  redemption_id text,
  rollback_id text,
  order_id    text,
  earning_rule_id text,
  -- What else made it so, as the API shows it: order, event, rule, segment, tier, reward, the other card of a transfer.
  details     jsonb not null default '{}',
  -- The transaction that this one takes back.
  related_id  text,
  -- What makes it the same when it is asked again: of a rule, what fulfilled it, and the card.
  dedupe_key  text,
  created_at  timestamptz not null,
  primary key (project_id, id)
);
create index points_transaction_voucher on points_transaction (project_id, voucher_id, id);
create index points_transaction_campaign on points_transaction (project_id, campaign_id, id) where campaign_id is not null;
create index points_transaction_redemption on points_transaction (project_id, redemption_id) where redemption_id is not null;
create index points_transaction_order on points_transaction (project_id, order_id) where order_id is not null;
create index points_transaction_related on points_transaction (project_id, related_id) where related_id is not null;
create unique index points_transaction_once on points_transaction (project_id, dedupe_key) where dedupe_key is not null;

-- Points that came together and expire together. What is left in a card's buckets is its balance.
create table points_bucket (
  project_id  text not null,
  id          text not null,
  voucher_id  text not null,
  campaign_id text,
  -- The transaction that added them; null: the card was made with them.
  transaction_id text,
  points      bigint not null check (points > 0),
  remaining   bigint not null check (remaining >= 0),
  expired     bigint not null default 0 check (expired >= 0),
  -- By the holder's clock; null: never.
  expires_at  timestamptz,
  created_at  timestamptz not null,
  updated_at  timestamptz,
  primary key (project_id, id),
  foreign key (project_id, voucher_id) references voucher (project_id, id) on delete cascade,
  check (remaining + expired <= points)
) with (fillfactor = 80);
create index points_bucket_voucher on points_bucket (project_id, voucher_id, id);
create index points_bucket_left on points_bucket (project_id, voucher_id, expires_at, id) where remaining > 0;
create index points_bucket_due on points_bucket (expires_at) where remaining > 0 and expires_at is not null;
create index points_bucket_transaction on points_bucket (project_id, transaction_id) where transaction_id is not null;
create index points_bucket_campaign on points_bucket (project_id, campaign_id, id) where campaign_id is not null;

-- From which buckets a transaction took its points, so that they can go back to where they were.
create table points_spending (
  project_id  text not null,
  transaction_id text not null,
  bucket_id   text not null,
  points      bigint not null check (points > 0),
  primary key (project_id, transaction_id, bucket_id),
  foreign key (project_id, bucket_id) references points_bucket (project_id, id) on delete cascade
);
create index points_spending_bucket on points_spending (project_id, bucket_id);

-- For what a program gives points.
create table earning_rule (
  project_id  text not null,
  id          text not null,
  campaign_id text not null,
  -- The type of the event, such as order.paid or the name of one of the project's own.
  event       text not null,
  -- The schema of a custom event, where the rule names it by that.
  schema_id   text,
  -- Whose entering counts; any tier: __ANY__.
  segment_id  text,
  loyalty_tier_id text,
  -- How many points: domain/earning-rule.ts.
  loyalty     jsonb not null,
  -- When its points expire; null: as the program says.
  expiration_rules jsonb,
  -- When it holds beside its start and end: domain/validity-window.ts.
  validity    jsonb,
  start_date  timestamptz,
  expiration_date timestamptz,
  active      boolean not null default true,
  banner      text,
  metadata    jsonb not null default '{}',
  revision    integer not null default 1,
  -- `<id>@<revision>` of its validation rules.
  rule_refs   text[],
  created_at  timestamptz not null,
  updated_at  timestamptz,
  primary key (project_id, id),
  foreign key (project_id, campaign_id) references campaign (project_id, id) on delete cascade
);
create index earning_rule_campaign on earning_rule (project_id, campaign_id, id);
create index earning_rule_event on earning_rule (project_id, event) where active;

-- Whose cards there are of a program.
create index voucher_member on voucher (project_id, campaign_id, id) where loyalty_points is not null and holder_id is not null;

alter table validation_rule_assignment drop constraint validation_rule_assignment_related_object_type_check;
alter table validation_rule_assignment add constraint validation_rule_assignment_related_object_type_check
  check (related_object_type in ('voucher', 'campaign', 'promotion_tier', 'earning_rule', 'reward_assignment'));
