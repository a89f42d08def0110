-- What shops sell, with the discounts that were taken of each line: kept with the redemption that gave them, and read again by refunds.
create table shop_order (
  project_id  text not null references project (id),
  id          text not null,
  -- What the shop calls it.
  source_id   text,
  status      text not null check (status in ('CREATED', 'PAID', 'PROCESSING', 'CANCELED', 'FULFILLED')),
  customer_id text,
  currency    text,
  -- Minor units; null where nobody said what it costs.
  amount      bigint,
  -- What is written once and read as a whole is json: domain/order.ts says what it holds.
  items       json not null,
  discounts   json not null default '[]',
  -- How much of each line came back.
  returned    json not null default '{}',
  metadata    json,
  created_at  timestamptz not null,
  updated_at  timestamptz,
  primary key (project_id, id)
) with (toast_tuple_target = 8160, fillfactor = 90);
create unique index shop_order_source on shop_order (project_id, source_id) where source_id is not null;
create index shop_order_customer on shop_order (project_id, customer_id, id) where customer_id is not null;

-- What of an order was given back. Rows are never changed.
create table order_refund (
  project_id  text not null,
  id          text not null,
  order_id    text not null,
  -- The money for the customer, and the discount that went back with it. Minor units.
  amount      bigint not null check (amount >= 0),
  discount_amount bigint not null check (discount_amount >= 0),
  items       json not null,
  -- The redemptions that were taken back with it.
  redemptions text[] not null,
  reason      text,
  metadata    json,
  api_key_id  text,
  created_at  timestamptz not null,
  primary key (project_id, id),
  foreign key (project_id, order_id) references shop_order (project_id, id)
);
create index order_refund_order on order_refund (project_id, order_id, id);

-- Categories of vouchers and campaigns, which name them by name.
create table category (
  project_id  text not null references project (id),
  id          text not null,
  name        text not null,
  -- The lower applies first.
  hierarchy   integer not null check (hierarchy >= 0),
  created_at  timestamptz not null,
  updated_at  timestamptz,
  primary key (project_id, id),
  unique (project_id, name)
);

-- What metadata must look like: one schema for each kind of resource.
create table metadata_schema (
  project_id  text not null references project (id),
  id          text not null,
  related_object text not null,
  -- By field; domain/metadata-schema.ts says what each holds.
  properties  jsonb not null,
  allow_defined_only boolean not null default false,
  created_at  timestamptz not null,
  updated_at  timestamptz,
  primary key (project_id, id),
  unique (project_id, related_object)
);

-- Who brought whom: a referee joins a campaign once, by the code of one referrer.
create table referral (
  project_id  text not null references project (id),
  id          text not null,
  campaign_id text not null,
  voucher_id  text not null,
  code        text not null,
  referrer_id text not null,
  referee_id  text not null,
  created_at  timestamptz not null,
  primary key (project_id, id),
  unique (project_id, campaign_id, referee_id),
  check (referrer_id <> referee_id)
);
create index referral_referrer on referral (project_id, referrer_id, id);

-- Codes that anybody may use and more than once, for whoever asks what they qualify for.
create index voucher_open on voucher (project_id, id)
  where campaign_id is null and holder_id is null and active and (quantity is null or quantity > 1);
