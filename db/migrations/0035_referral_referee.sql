-- By whom a customer was brought, which a customer's own page tells.
create index referral_referee on referral (project_id, referee_id, id);
