create table campaign (
  project_id      text not null references project (id),
  id              text not null,
  name            text not null,
  campaign_type   text not null,
  -- AUTO_UPDATE: a change of the template reaches vouchers that exist. STATIC: each keeps the revision it was made with.
  type            text not null check (type in ('AUTO_UPDATE', 'STATIC')),
  -- The current revision of the template, in campaign_template.
  revision        integer not null default 1,
  start_date      timestamptz,
  expiration_date timestamptz,
  active          boolean not null default true,
  category        text,
  description     text,
  metadata        jsonb not null default '{}',
  vouchers_generation_status text not null default 'DONE',
  created_at      timestamptz not null default now(),
  updated_at      timestamptz,
  primary key (project_id, id),
  unique (project_id, name)
);

-- What the vouchers of a campaign are: discount, quantity, code pattern, validity. Immutable, so processes cache it by (campaign, revision).
create table campaign_template (
  project_id  text not null,
  campaign_id text not null,
  revision    integer not null,
  template    jsonb not null,
  created_at  timestamptz not null default now(),
  primary key (project_id, campaign_id, revision),
  foreign key (project_id, campaign_id) references campaign (project_id, id) on delete cascade
);

create table voucher (
  project_id      text not null,
  id              text not null,
  code            text collate "C" not null,
  -- The code as it is looked up: upper case where the project ignores case.
  code_key        text collate "C" not null,
  type            text not null,
  campaign_id     text,
  template_revision integer,
  -- What a voucher without a campaign is (the same shape as campaign_template.template); null: its campaign's template decides.
  definition      jsonb,
  revision        integer not null default 1,
  category        text,
  start_date      timestamptz,
  expiration_date timestamptz,
  active          boolean not null default true,
  -- null: unlimited
  quantity        integer check (quantity >= 0),
  redeemed_quantity integer not null default 0 check (redeemed_quantity >= 0),
  redeemed_amount bigint not null default 0,
  -- The customer who alone may redeem it; null: anyone.
  holder_id       text,
  enrolment_id    text,
  published_at    timestamptz,
  withdrawn_at    timestamptz,
  withdrawn_reason text,
  -- When the event voucher.expired was written.
  expired_at      timestamptz,
  additional_info text,
  metadata        jsonb not null default '{}',
  created_at      timestamptz not null default now(),
  updated_at      timestamptz,
  primary key (project_id, id),
  unique (project_id, code_key),
  check (quantity is null or redeemed_quantity <= quantity),
  check ((campaign_id is null) = (template_revision is null)),
  check ((campaign_id is null) = (definition is not null))
) with (fillfactor = 80);
create index voucher_campaign on voucher (project_id, campaign_id, id) where campaign_id is not null;
create index voucher_holder on voucher (project_id, holder_id) where holder_id is not null;
create index voucher_enrolment on voucher (project_id, enrolment_id) where enrolment_id is not null;
