-- name: links_live
-- What the redirect needs, for memory.
select id, code, target, merge_policy, utm_source, utm_medium, utm_campaign, utm_content, utm_term,
       expires_at, archived_at
from short_link
order by id;

-- name: links_list
select l.id, l.code, l.title, l.target, l.team_id, t.name as team_name, l.owner_id,
       u.full_name as owner_name, l.merge_policy, l.utm_source, l.utm_medium, l.utm_campaign,
       l.utm_content, l.utm_term, l.expires_at, l.created_at, l.archived_at,
       (select cast(sum(d.clicks) as bigint) from link_day d
        where d.link_id = l.id and d.class = 'human') as human,
       (select cast(sum(d.clicks) as bigint) from link_day d
        where d.link_id = l.id and d.class = 'bot') as bot,
       (select cast(sum(d.clicks) as bigint) from link_day d
        where d.link_id = l.id and d.class = 'preview') as preview,
       (select cast(sum(d.visitors) as bigint) from link_day d
        where d.link_id = l.id and d.class = 'human') as visitors,
       (select max(c.at) from link_click c where c.link_id = l.id) as last_click_at
from short_link l
left join team t on t.id = l.team_id
left join app_user u on u.id = l.owner_id
where (:scope_all = 1 or l.team_id = :scope_team)
  and (cast(:team as bigint) is null or l.team_id = :team)
  and (cast(:id as bigint) is null or l.id = :id)
  and (cast(:before as bigint) is null or l.id < :before)
  and (:archived = 1 or l.archived_at is null)
order by l.id desc
limit :most;

-- name: links_insert
-- A code that is taken gives no row.
insert into short_link (code, title, target, team_id, owner_id, merge_policy, utm_source, utm_medium,
                        utm_campaign, utm_content, utm_term, expires_at, created_at)
values (:code, :title, :target, :team_id, :owner_id, :merge_policy, :utm_source, :utm_medium,
        :utm_campaign, :utm_content, :utm_term, :expires_at, :created_at)
on conflict (code) do nothing
returning id;

-- name: links_update
update short_link
set title = coalesce(:title, title),
    target = coalesce(:target, target),
    merge_policy = coalesce(:merge_policy, merge_policy),
    utm_source = case when :has_source = 1 then :utm_source else utm_source end,
    utm_medium = case when :has_medium = 1 then :utm_medium else utm_medium end,
    utm_campaign = case when :has_campaign = 1 then :utm_campaign else utm_campaign end,
    utm_content = case when :has_content = 1 then :utm_content else utm_content end,
    utm_term = case when :has_term = 1 then :utm_term else utm_term end,
    expires_at = case when :has_expiry = 1 then cast(:expires_at as bigint) else expires_at end
where id = :id;

-- name: links_archive
update short_link
set archived_at = :archived_at
where id = :id;

-- name: links_team
-- A team that may get links.
select count(*) as n
from team
where id = :id and archived_at is null;

-- name: links_team_name
select name
from team
where id = :id;

-- name: links_hosts
select host
from link_host
order by host;

-- name: links_hosts_clear
delete from link_host;

-- name: links_host_put
insert into link_host (host, added_by, added_at)
values (:host, :added_by, :added_at)
on conflict (host) do nothing;
