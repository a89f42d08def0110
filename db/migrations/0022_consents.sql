-- What customers may be asked to agree to, and who agreed.
create table consent (
  project_id  text not null references project (id),
  id          text not null,
  name        text not null,
  description text not null default '',
  category    text not null default '',
  created_at  timestamptz not null,
  updated_at  timestamptz,
  primary key (project_id, id),
  unique (project_id, name)
);

-- Nobody agreed to what has no row.
create table customer_consent (
  project_id  text not null,
  customer_id text not null,
  consent_id  text not null,
  given       boolean not null,
  decided_at  timestamptz not null,
  primary key (project_id, customer_id, consent_id),
  foreign key (project_id, customer_id) references customer (project_id, id) on delete cascade,
  foreign key (project_id, consent_id) references consent (project_id, id) on delete cascade
);
create index customer_consent_of_consent on customer_consent (project_id, consent_id);
