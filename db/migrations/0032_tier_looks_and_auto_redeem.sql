-- When members are to be looked at again, since the points that they collected in a period move them with the start of the next.
create table loyalty_tier_look (
  project_id  text not null,
  campaign_id text not null,
  customer_id text not null,
  -- By the member's clock.
  due_at      timestamptz not null,
  primary key (project_id, campaign_id, customer_id),
  foreign key (project_id, campaign_id) references campaign (project_id, id) on delete cascade,
  foreign key (project_id, customer_id) references customer (project_id, id) on delete cascade
);
create index loyalty_tier_look_due on loyalty_tier_look (due_at);
create index loyalty_tier_look_customer on loyalty_tier_look (project_id, customer_id);

-- The one reward of a program that members get by themselves once they have enough points.
alter table reward_assignment add column auto_redeem boolean not null default false;
create unique index reward_assignment_auto on reward_assignment (project_id, campaign_id) where auto_redeem;

-- Cards of such programs whose points changed.
create table auto_redemption (
  project_id  text not null,
  voucher_id  text not null,
  -- What asks to look at the card; null: nothing, it was looked at.
  cause_id    text,
  -- How many rewards the card got by itself on which day, where the project is.
  day         date,
  given       integer not null default 0,
  primary key (project_id, voucher_id),
  foreign key (project_id, voucher_id) references voucher (project_id, id) on delete cascade
);
create index auto_redemption_asked on auto_redemption (project_id, voucher_id) where cause_id is not null;
