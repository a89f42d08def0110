-- What came of what a referral program gives to whom it brings: once for each referral. null: nothing yet, or the program gives nothing.
alter table referral add column referee_reward jsonb;
