-- An index that begins with the project alone ties with the right one in the plans of a table that was never analyzed, and wins: each
-- look-up of a customer then reads all of the project's. With the address first it can't be taken for anything else.
drop index customer_email;
create index customer_email on customer (lower(email), project_id) where email is not null;
