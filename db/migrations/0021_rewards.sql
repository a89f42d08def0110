-- What members of loyalty programs get for their points.
create table reward (
  project_id  text not null references project (id),
  id          text not null,
  name        text not null,
  type        text not null check (type in ('CAMPAIGN', 'COIN', 'MATERIAL')),
  -- As domain/loyalty/reward.ts says, by type.
  parameters  jsonb not null,
  -- How many there are to give altogether; null: without limit.
  stock       bigint check (stock >= 0),
  -- How many were given and not taken back.
  redeemed    bigint not null default 0 check (redeemed >= 0),
  attributes  jsonb not null default '{}',
  metadata    jsonb not null default '{}',
  created_at  timestamptz not null,
  updated_at  timestamptz,
  primary key (project_id, id)
) with (fillfactor = 80);

-- In which program a reward can be had, and for how many points.
create table reward_assignment (
  project_id  text not null,
  id          text not null,
  reward_id   text not null,
  campaign_id text not null,
  -- null: as many as the member wants to pay with (COIN).
  points      bigint check (points > 0),
  created_at  timestamptz not null,
  updated_at  timestamptz,
  primary key (project_id, id),
  foreign key (project_id, reward_id) references reward (project_id, id),
  foreign key (project_id, campaign_id) references campaign (project_id, id) on delete cascade
);
create unique index reward_assigned_once on reward_assignment (project_id, reward_id, campaign_id);
create index reward_assignment_campaign on reward_assignment (project_id, campaign_id, id);

-- Levels of a loyalty program: who has points of this range is on it.
create table loyalty_tier (
  project_id    text not null,
  id            text not null,
  campaign_id   text not null,
  name          text not null,
  points_from   bigint not null check (points_from >= 0),
  -- The last number of points that belongs to it; null: no end.
  points_to     bigint check (points_to >= points_from),
  -- By id: what its members earn and pay instead. domain/loyalty/mapping.ts
  earning_rules jsonb not null default '{}',
  rewards       jsonb not null default '{}',
  metadata      jsonb not null default '{}',
  created_at    timestamptz not null,
  updated_at    timestamptz,
  primary key (project_id, id),
  foreign key (project_id, campaign_id) references campaign (project_id, id) on delete cascade
);
create index loyalty_tier_campaign on loyalty_tier (project_id, campaign_id, points_from);

-- On which tier a member stands.
create table loyalty_tier_member (
  project_id      text not null,
  campaign_id     text not null,
  customer_id     text not null,
  tier_id         text not null,
  start_date      timestamptz not null,
  -- null: as long as the points last.
  expiration_date timestamptz,
  created_at      timestamptz not null,
  updated_at      timestamptz,
  primary key (project_id, campaign_id, customer_id),
  foreign key (project_id, tier_id) references loyalty_tier (project_id, id) on delete cascade,
  foreign key (project_id, customer_id) references customer (project_id, id) on delete cascade
);
create index loyalty_tier_member_customer on loyalty_tier_member (project_id, customer_id);
create index loyalty_tier_member_tier on loyalty_tier_member (project_id, tier_id);

create index loyalty_tier_member_due on loyalty_tier_member (expiration_date) where expiration_date is not null;

-- Programs whose members are looked at again, since their tiers changed: in sets, in the order of their ids, up to this one.
create table loyalty_tier_sweep (
  project_id  text not null,
  campaign_id text not null,
  swept_to    text not null default '',
  primary key (project_id, campaign_id),
  foreign key (project_id, campaign_id) references campaign (project_id, id) on delete cascade
);

-- What redemptions gave for the points of loyalty cards. Rows are never changed.
create table reward_redemption (
  project_id    text not null,
  redemption_id text not null,
  reward_id     text not null,
  assignment_id text not null,
  -- The tier whose price it was; null: none.
  tier_id       text,
  points        bigint not null check (points >= 0),
  -- The reward as it was then, with what it came to: a code of another campaign, or a product.
  reward        json not null,
  primary key (project_id, redemption_id)
);
create index reward_redemption_reward on reward_redemption (project_id, reward_id, redemption_id);
