alter table referral
  -- The revision of the program that was in force when the referee came; null: an earlier release made the referral, and the one of now counts.
  add column campaign_revision integer,
  -- How often it was tried to give the referee their reward since it was asked for, when last, and when it is next; next null: it is given, or
  -- given up.
  add column reward_attempts integer not null default 0,
  add column reward_tried_at timestamptz,
  add column reward_due_at timestamptz;
create index referral_reward_due on referral (reward_due_at) where reward_due_at is not null;
create index referral_reward_failed on referral (project_id, id) where referee_reward ->> 'result' = 'FAILURE' and reward_due_at is null;
