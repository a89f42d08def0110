-- A step writes where each member of a cohort stands and when they are due. Neither stands in an index any more, so that a step's
-- update writes the row alone, where its page has room for it (docs/decisions/0024-a-step-writes-no-index.md).

-- Not after the first of the cohort's active members is due (the customers' time); null: nobody is left. For the watch.
alter table cohort add column due_at timestamptz default now();
update cohort c set due_at = (select min(due_at) from enrolment where cohort_id = c.id and state = 'active');
create index cohort_due on cohort (due_at) where due_at is not null;

drop index enrolment_due;
drop index enrolment_cohort;
drop index enrolment_inside;
create index enrolment_cohort on enrolment (cohort_id) where state = 'active';
create index enrolment_inside on enrolment (project_id, journey_id, version) where state in ('active', 'held');

-- Room on a page for what a step writes of all who stand there.
alter table enrolment set (fillfactor = 45);

-- The same for the lease of a delivery: what is on the wire is found by its destination.
drop index delivery_sending;
create index delivery_sending on delivery (destination_id) where state = 'sending';
