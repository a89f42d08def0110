-- What limits, budgets and rules count. The ledger is the truth: a row is made from it when somebody first needs the counter, and from
-- then on changes with every redemption and rollback that it counts. One that nobody needs any more is deleted, never left behind.
create table counter (
  project_id text not null,
  -- domain/counters.ts counterKey
  key        text collate "C" not null,
  value      bigint not null default 0,
  -- Until when some session may hold something of it.
  locked_until timestamptz,
  -- When the period is over, for counters of a day, week or month.
  ends_at    timestamptz,
  primary key (project_id, key)
-- A hot counter is rewritten in its page.
) with (fillfactor = 50);
create index counter_over on counter (ends_at) where ends_at is not null;

-- Changed whenever what has to be counted for this campaign changes. A redemption that was decided with another number is not committed.
alter table campaign add column counting integer not null default 0;

create function check_counting(project text, campaign_ids text[], countings integer[]) returns void language plpgsql as $$
begin
  if exists (
    select from unnest(campaign_ids, countings) as e (id, counting) join campaign c on c.project_id = project and c.id = e.id
    where c.counting <> e.counting
  ) then
    raise exception 'what has to be counted for a campaign has changed' using errcode = 'serialization_failure';
  end if;
end
$$;

-- What a shopper's session holds of a voucher until it ends: a use, credits, and a place in each limit.
create table session_lock (
  project_id    text not null,
  -- The voucher or promotion tier.
  redeemable_id text not null,
  session_key   text not null,
  -- The counter that it is held of.
  counter_key   text collate "C" not null,
  amount        bigint not null,
  expires_at    timestamptz not null,
  primary key (project_id, redeemable_id, session_key, counter_key)
);
create index session_lock_counter on session_lock (project_id, counter_key);
create index session_lock_over on session_lock (expires_at);

alter table voucher
  -- Until when some session may hold something of it.
  add column locked_until timestamptz,
  -- What a gift card was worth together, and what is left of it. Minor units.
  add column gift_amount bigint,
  add column gift_balance bigint check (gift_balance >= 0),
  add check ((gift_amount is null) = (gift_balance is null));

alter table redemption
  -- The customer's time, where a test clock makes it another than created_at.
  add column at timestamptz,
  -- What was spent of a gift card, in minor units.
  add column credits bigint;
create index redemption_campaign on redemption (project_id, campaign_id, (coalesce(at, created_at))) where campaign_id is not null;

-- Every change of a gift card's balance, in the transaction that makes it. Rows are never changed.
create table gift_transaction (
  project_id  text not null,
  id          text not null,
  voucher_id  text not null,
  campaign_id text,
  type        text not null check (type in ('CREDITS_REDEMPTION', 'CREDITS_REFUND', 'CREDITS_ADDITION', 'CREDITS_REMOVAL')),
  -- Negative where it was spent.
  amount      bigint not null,
  -- After it.
  balance     bigint not null,
  total       bigint not null,
  source_id   text,
  reason      text,
  redemption_id text,
  rollback_id text,
  -- {id, source_id} of the order that it paid for.
  "order"     json,
  -- The transaction that this one takes back.
  related_id  text,
  created_at  timestamptz not null,
  primary key (project_id, id)
);
create index gift_transaction_voucher on gift_transaction (project_id, voucher_id, id);
create index gift_transaction_redemption on gift_transaction (project_id, redemption_id) where redemption_id is not null;
