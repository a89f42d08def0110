-- What has to hold before something is redeemed. Conditions are immutable by (rule, revision), so processes cache them.
create table validation_rule (
  project_id   text not null references project (id),
  id           text not null,
  name         text not null,
  -- What the Voucherify API says it is for; kept and given back.
  context_type text,
  -- The current revision of the conditions, in validation_rule_revision.
  revision     integer not null default 1,
  created_at   timestamptz not null,
  updated_at   timestamptz,
  primary key (project_id, id)
);

create table validation_rule_revision (
  project_id text not null,
  rule_id    text not null,
  revision   integer not null,
  definition jsonb not null,
  -- Ids of the segments, products, SKUs and collections that it names, so that they are not deleted under it.
  refers_to  text[] not null default '{}',
  primary key (project_id, rule_id, revision),
  foreign key (project_id, rule_id) references validation_rule (project_id, id) on delete cascade
);

create table validation_rule_assignment (
  project_id          text not null,
  id                  text not null,
  rule_id             text not null,
  related_object_type text not null check (related_object_type in ('voucher', 'campaign', 'promotion_tier')),
  related_object_id   text not null,
  created_at          timestamptz not null,
  primary key (project_id, id),
  foreign key (project_id, rule_id) references validation_rule (project_id, id)
);
create unique index validation_rule_assigned_once on validation_rule_assignment (project_id, rule_id, related_object_type, related_object_id);
create index validation_rule_assigned on validation_rule_assignment (project_id, related_object_id);

-- The assigned rules as a checkout reads them with the row: `<rule id>@<revision>`, kept by db/rule-assignments.ts; null: none.
alter table voucher add column rule_refs text[];
alter table campaign add column rule_refs text[];

-- Customers who have something in common: listed by hand (static), or found by a filter (auto-update).
create table segment (
  project_id text not null references project (id),
  id         text not null,
  name       text not null,
  type       text not null check (type in ('static', 'auto-update')),
  -- As it was written: domain/filter.ts. Null: static.
  filter     jsonb,
  -- Who was told to be in it is brought up to date in sets of customers, in order of id: the last that was looked at; null: all were.
  swept_to   text,
  swept_at   timestamptz,
  created_at timestamptz not null,
  updated_at timestamptz,
  primary key (project_id, id),
  unique (project_id, name)
);
create index segment_unswept on segment (project_id, id) where swept_to is not null;

-- Members: of a static segment all there are; of another those of whom `customer.segment.entered` was told.
create table segment_member (
  project_id  text not null,
  segment_id  text not null,
  customer_id text not null,
  entered_at  timestamptz not null,
  primary key (project_id, segment_id, customer_id),
  foreign key (project_id, segment_id) references segment (project_id, id) on delete cascade,
  foreign key (project_id, customer_id) references customer (project_id, id) on delete cascade
);
create index segment_member_customer on segment_member (project_id, customer_id);

create table product (
  project_id text not null references project (id),
  id         text not null,
  source_id  text,
  name       text,
  -- Minor units of the project's currency.
  price      bigint,
  -- Names of what its SKUs differ in.
  attributes text[] not null default '{}',
  image_url  text,
  metadata   jsonb not null default '{}',
  created_at timestamptz not null,
  updated_at timestamptz,
  primary key (project_id, id),
  unique (project_id, source_id)
);

-- One form in which a product is sold.
create table sku (
  project_id text not null,
  id         text not null,
  product_id text not null,
  source_id  text,
  sku        text,
  -- Null: the product's.
  price      bigint,
  currency   text,
  attributes jsonb not null default '{}',
  image_url  text,
  metadata   jsonb not null default '{}',
  created_at timestamptz not null,
  updated_at timestamptz,
  primary key (project_id, id),
  unique (project_id, source_id),
  foreign key (project_id, product_id) references product (project_id, id) on delete cascade
);
create index sku_product on sku (project_id, product_id, id);

create table product_collection (
  project_id text not null references project (id),
  id         text not null,
  name       text not null,
  type       text not null check (type in ('STATIC', 'AUTO_UPDATE')),
  filter     jsonb,
  created_at timestamptz not null,
  primary key (project_id, id)
);

-- The products and SKUs of a STATIC collection, in the order given.
create table product_collection_item (
  project_id    text not null,
  collection_id text not null,
  position      integer not null,
  product_id    text not null,
  -- Null: the whole product.
  sku_id        text,
  primary key (project_id, collection_id, position),
  foreign key (project_id, collection_id) references product_collection (project_id, id) on delete cascade,
  foreign key (project_id, product_id) references product (project_id, id) on delete cascade,
  foreign key (project_id, sku_id) references sku (project_id, id) on delete cascade
);
create index product_collection_item_product on product_collection_item (project_id, product_id);
create index product_collection_item_sku on product_collection_item (project_id, sku_id) where sku_id is not null;
