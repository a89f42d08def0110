-- Codes that were given to customers, and attempts that found none to give. Rows are never changed. No foreign keys: a voucher or a
-- customer that is deleted leaves its history.
create table publication (
  project_id  text not null references project (id),
  id          text not null,
  -- What the caller names this publication: the same name gives the same codes again.
  source_id   text,
  result      text not null check (result in ('SUCCESS', 'FAILURE')),
  customer_id text not null,
  campaign_id text,
  -- In the order in which they were given; empty where it failed.
  voucher_ids text[] not null default '{}',
  codes       text[] not null default '{}',
  channel     text not null,
  metadata    jsonb not null default '{}',
  failure_code text,
  failure_message text,
  api_key_id  text,
  created_at  timestamptz not null,
  primary key (project_id, id)
);
-- One that failed may be tried again under the same name.
create unique index publication_once on publication (project_id, source_id) where source_id is not null and result = 'SUCCESS';
create index publication_customer on publication (project_id, customer_id, id);
create index publication_campaign on publication (project_id, campaign_id, id) where campaign_id is not null;
create index publication_vouchers on publication using gin (voucher_ids);

-- A campaign's codes that nobody has yet.
create index voucher_pool on voucher (project_id, campaign_id, id) where campaign_id is not null and published_at is null and holder_id is null;

-- Why did this code fail for this customer? Attempts are looked for by code, by customer and by what refused them, the newest first:
-- ids sort by time, and so do these indexes.
alter table validation add column more_codes text[];
comment on column validation.more_codes is 'The codes of a stack beside the first, as they are looked up';
drop index validation_code;
create index validation_code on validation (project_id, code, id);
create index validation_more_codes on validation using gin (more_codes) where more_codes is not null;
create index validation_customer on validation (project_id, customer_id, id) where customer_id is not null;
create index validation_refused on validation (project_id, outcome, id) where outcome <> 'valid';
create index redemption_refused on redemption (project_id, failure_code, id) where result = 'FAILURE';
-- What was asked for and does not exist has no voucher to be found by.
create index redemption_unknown on redemption (project_id, upper(code), id) where voucher_id is null and code is not null;
