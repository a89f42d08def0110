-- The figures of a whole project begin with a time, whatever the campaign.
create index validation_count_time on validation_count (project_id, at);

-- Few are disabled, and people look for these.
create index voucher_disabled on voucher (project_id, id) where not active;
