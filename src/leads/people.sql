-- name: people_of_subject
-- The person that this subject alone would be.
select person_id
from identity_key
where subject_kind = :subject_kind and subject_id = :subject_id
limit 1;

-- name: people_new
insert into person (root_id, created_at)
values (null, :at)
returning id;

-- name: people_key_put
insert into identity_key (kind, hash, subject_kind, subject_id, person_id, learned_at)
values (:kind, :hash, :subject_kind, :subject_id, :person_id, :at)
on conflict (kind, hash, subject_kind, subject_id) do nothing;

-- name: people_with_key
-- The first who had the key; all others who have it were joined with that one.
select min(person_id) as person_id
from identity_key
where kind = :kind and hash = :hash and person_id <> :person_id;

-- name: people_merge_put
-- A merge that was undone stays undone.
insert into person_merge (person_id, other_id, kind, hash, at)
values (:person_id, :other_id, :kind, :hash, :at)
on conflict (person_id, other_id) do nothing;

-- name: people_together
-- Everybody who is reached over merges that stand.
with recursive reached (id) as (
    select cast(:person_id as bigint)
    union
    select case when m.person_id = r.id then m.other_id else m.person_id end
    from reached r
    join person_merge m on (m.person_id = r.id or m.other_id = r.id) and m.undone_at is null
)
select r.id, coalesce(p.root_id, p.id) as root_id
from reached r
join person p on p.id = r.id
order by r.id;

-- name: people_root
select coalesce(root_id, id) as root_id
from person
where id = :id;

-- name: people_root_put
update person
set root_id = case when id = :root_id then null else cast(:root_id as bigint) end
where id = :id;

-- name: people_leads_move
update lead
set person_id = :root_id
where (person_id is null or person_id <> :root_id)
  and id in (
      select subject_id
      from identity_key
      where person_id = :id and subject_kind = 'lead'
  );

-- name: people_stages_move
update stage_event
set person_id = :root_id
where (person_id is null or person_id <> :root_id)
  and id in (
      select subject_id
      from identity_key
      where person_id = :id and subject_kind = 'stage'
  );

-- name: people_leads
select id, source_kind, external_id, created_at, day, duplicate_of
from lead
where person_id = :person_id;

-- name: people_duplicate_put
update lead
set duplicate_of = :duplicate_of
where id = :id;

-- name: people_day_of_lead
select day
from lead
where id = :id;

-- name: people_stages
-- Told by others about the person; what the CRM says belongs to its own lead.
select id, at, lead_id
from stage_event
where person_id = :person_id and source <> 'crm';

-- name: people_stage_put
update stage_event
set lead_id = :lead_id
where id = :id;

-- name: people_crm_stages_move
-- The stages of the CRM's leads are the person's too; what others told is found by its own keys.
update stage_event
set person_id = :person_id
where source <> 'webhook'
  and (person_id is null or person_id <> :person_id)
  and lead_id in (
      select id
      from lead
      where person_id = :person_id
  );

-- name: people_merge
select id, person_id, other_id, undone_at
from person_merge
where id = :id;

-- name: people_merge_undo
update person_merge
set undone_at = :at, undone_by = :by
where id = :id;

-- name: people_merges
-- Merges of a lead's person, also those undone at its edge.
select m.id, m.kind, m.at, m.undone_at
from person_merge m
where m.id in (
    select a.id
    from person p
    join person_merge a on a.person_id = p.id
    where p.id = :person_id or p.root_id = :person_id
    union
    select a.id
    from person p
    join person_merge a on a.other_id = p.id
    where p.id = :person_id or p.root_id = :person_id
)
order by m.id
limit 200;
