-- What a PROMOTION campaign gives without a code, to whoever fulfils its rules.
create table promotion_tier (
  project_id      text not null,
  id              text not null,
  campaign_id     text not null,
  name            text not null,
  banner          text,
  -- The lower is offered first.
  hierarchy       integer not null,
  discount        jsonb not null,
  -- How often it may be redeemed; null: without limit.
  limits          jsonb,
  -- When it is valid beside its start and end; null: always.
  validity        jsonb,
  category        text,
  active          boolean not null default true,
  start_date      timestamptz,
  expiration_date timestamptz,
  metadata        jsonb not null default '{}',
  revision        integer not null default 1,
  -- `<id>@<revision>` of its validation rules, in the order of their assignment; null: none.
  rule_refs       text[],
  created_at      timestamptz not null,
  updated_at      timestamptz,
  primary key (project_id, id),
  foreign key (project_id, campaign_id) references campaign (project_id, id) on delete cascade
);
create index promotion_tier_campaign on promotion_tier (project_id, campaign_id, hierarchy, id);

-- Tiers of one campaign that are asked for together.
create table promotion_stack (
  project_id  text not null,
  id          text not null,
  campaign_id text not null,
  name        text not null,
  -- In the order in which they apply.
  tier_ids    text[] not null,
  category    text,
  created_at  timestamptz not null,
  updated_at  timestamptz,
  primary key (project_id, id),
  foreign key (project_id, campaign_id) references campaign (project_id, id) on delete cascade
);
create index promotion_stack_campaign on promotion_stack (project_id, campaign_id, id);

alter table redemption add promotion_tier_id text;
create index redemption_promotion_tier on redemption (project_id, promotion_tier_id, id) where promotion_tier_id is not null;
