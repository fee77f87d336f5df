-- Tables of the old site with rows that a careless decade leaves behind. No constraints, so that every fault can be told.

CREATE TABLE django_site (id integer, domain text, name text);
INSERT INTO django_site VALUES (1, 'staging.python.example', 'staging'), (2, 'www.python.org', 'python.org');

CREATE TABLE users_user (
    id integer, password text, last_login timestamptz, is_superuser boolean, username text, first_name text, last_name text,
    email text, is_staff boolean, is_active boolean, date_joined timestamptz, bio text, bio_markup_type text,
    search_visibility integer, _bio_rendered text, email_privacy integer, public_profile boolean
);
INSERT INTO users_user VALUES
    (1, 'pbkdf2_sha256$1000$c2FsdHNhbHQ$81QK9Cb/1+EuGjkCuMfLe/JwVi7vEf5rZfyS/DgplIk=', '2026-01-02 03:04:05.678901+00', true,
     'root', 'Root', '', 'root@example.org', true, true, '2015-05-01 10:00:00+02', 'I *root*.', 'markdown', 1, '<p>x</p>', 2, true),
    (2, '!unusable', NULL, false, ' ann', 'Ann', 'Lee', 'Ann@Example.org', true, true, '2016-01-01 00:00:00+00', '', 'markdown', 1, '', 2, true),
    (3, '!unusable', NULL, false, 'Ann', '', '', 'other@example.org', false, true, '2016-01-01 00:00:00+00', '', 'markdown', 1, '', 2, true),
    (4, '!unusable', NULL, false, '   ', '', '', 'blank@example.org', false, true, '2016-01-01 00:00:00+00', '', 'markdown', 1, '', 2, true),
    (5, 'md5$salt$0123456789abcdef', NULL, false, 'bob', '', '', 'not an address', false, true, '2016-01-01 00:00:00+00', '', 'plain', 1, '', 2, true),
    (6, '!unusable', NULL, false, 'carl', '', '', 'carl@example.org', false, false, '2016-01-01 00:00:00+00', 'h1. Carl', 'textile', 7, '<h1>Carl</h1><script>alert(1)</script>', 9, false),
    (7, '!unusable', 'infinity', false, 'dora', '', '', '', false, true, '12026-01-01 00:00:00+00', '', 'markdown', 0, '', 0, true),
    (8, '!unusable', NULL, false, 'emil der zweite', '', '', 'emil@example.org', false, true, '2016-01-01 00:00:00+00', '', 'markdown', 1, '', 2, true),
    (9, '!unusable', NULL, false, repeat('x', 151), '', '', '', false, true, '2016-01-01 00:00:00+00', '', 'markdown', 1, '', 2, true),
    (10, '!unusable', NULL, false, 'fred', E'Fre\x07d', '', 'fred@example.org', true, true, '2016-01-01 00:00:00+00', '<b onclick="x()">hi</b>', 'markdown_unsafe', 1, '<b onclick="x()">hi</b>', 2, true),
    (11, '!unusable', NULL, NULL, 'gina', '', '', 'gina@example.org', true, true, '0044-03-15 00:00:00+00 BC', '', 'markdown', 1, '', 2, true);

CREATE TABLE account_emailaddress (id integer, email text, verified boolean, "primary" boolean, user_id integer);
INSERT INTO account_emailaddress VALUES
    (1, 'root@example.org', true, true, 1), (2, 'ann@example.org', true, true, 2), (3, 'ann@work.example', true, false, 2),
    (4, 'dora@example.org', true, true, 7), (5, 'emil@example.org', false, true, 8), (6, 'nobody@example.org', true, true, 999);

CREATE TABLE tastypie_apikey (id integer, key text, created timestamptz, user_id integer);
INSERT INTO tastypie_apikey VALUES
    (1, 'annkey', '2016-01-01 00:00:00+00', 2), (2, '', '2016-01-01 00:00:00+00', 10), (3, 'lost', '2016-01-01 00:00:00+00', 999),
    (4, repeat('x', 129), '2016-01-01 00:00:00+00', 10), (5, 'annkey', '2016-01-01 00:00:00+00', 10), (6, 'ginakey', NULL, 11),
    (7, NULL, '2016-01-01 00:00:00+00', 10), (8, 'carlkey', '2016-01-01 00:00:00+00', 6);
CREATE TABLE authtoken_token (key text, created timestamptz, user_id integer);
INSERT INTO authtoken_token VALUES
    ('anntoken', '2017-01-01 00:00:00+00', 2), ('ofnobody', '2017-01-01 00:00:00+00', 3), ('ginakey', '2017-01-01 00:00:00+00', 11);

CREATE TABLE auth_group (id integer, name text);
INSERT INTO auth_group VALUES (1, 'Release Managers'), (2, 'PSF Staff'), (3, 'Page helpers');
CREATE TABLE django_content_type (id integer, app_label text, model text);
INSERT INTO django_content_type VALUES (1, 'pages', 'page'), (2, 'jobs', 'job'), (3, 'sponsors', 'sponsor');
CREATE TABLE auth_permission (id integer, name text, content_type_id integer, codename text);
INSERT INTO auth_permission VALUES
    (1, 'Can change page', 1, 'change_page'), (2, 'Can moderate jobs', 2, 'can_moderate_jobs'), (3, 'Publisher', 3, 'sponsor_publisher');
CREATE TABLE auth_group_permissions (id integer, group_id integer, permission_id integer);
INSERT INTO auth_group_permissions VALUES (1, 3, 1), (2, 3, 2), (3, 3, 77);
CREATE TABLE users_user_groups (id integer, user_id integer, group_id integer);
INSERT INTO users_user_groups VALUES (1, 2, 1), (2, 2, 2), (3, 10, 3), (4, 3, 1), (5, 2, 99);
CREATE TABLE users_user_user_permissions (id integer, user_id integer, permission_id integer);
INSERT INTO users_user_user_permissions VALUES (1, 10, 3), (2, 10, 88);

CREATE TABLE pages_page (
    id integer, created timestamptz, updated timestamptz, title text, keywords text, description text, path text, content text,
    content_markup_type text, is_published boolean, content_type text, _content_rendered text, template_name text,
    creator_id integer, last_modified_by_id integer
);
INSERT INTO pages_page
SELECT id, '2015-01-01 00:00:00+00'::timestamptz + id * interval '1 day', '2020-01-01 00:00:00+00', title, '', '', path, content, kind,
       id <> 6, content_type, rendered, template, creator, NULL
FROM (VALUES
    (1, 'Home of about', 'about', 'Plain *Markdown*.', 'markdown', 'text/html', '<p>x</p>', 'psf/default.html', 1),
    (2, '', '', '', 'restructuredtext', 'text/html', '', '', NULL),
    (3, 'Upper case', 'About/Apps', 'x', 'plain', 'text/html', '', '', NULL),
    (4, 'Slashes', '/about/help/', 'x', 'plain', 'text/html', '', '', NULL),
    (5, 'Duplicate of 4', 'about/help', 'x', 'plain', 'text/html', '', '', NULL),
    (6, '', 'no-title', 'x', 'plain', 'text/html', '', '', NULL),
    (7, 'Under_score', 'no_underscores', 'x', 'plain', 'text/html', '', '', NULL),
    (8, 'Template', 'template', 'x', 'plain', 'text/html', '', 'psf/mystery.html', NULL),
    (9, 'Content type', 'content-type', 'x', 'plain', 'nonsense', '', '', NULL),
    (10, 'Creator', 'creator', 'x', 'plain', 'text/html', '', '', 999),
    (11, 'Unsafe', 'unsafe', '<script>1</script>', 'markdown_unsafe', 'text/html', '<script>1</script>', '', 3),
    (12, repeat('t', 501), 'too-long', 'x', 'plain', 'text/html', '', '', NULL),
    (13, 'Textile', 'textile', 'h1. Old', 'textile', 'text/html', '<h1>Old</h1>', '', NULL),
    (14, E'Bell\x07', 'bell', E'Form\x0Cfeed', 'plain', 'text/html', '', '', NULL),
    (15, 'First of two', 'first', 'x', 'plain', 'text/html', '', '', NULL),
    (15, 'Second of two', 'second', 'x', 'plain', 'text/html', '', '', NULL),
    (NULL, 'No id', 'no-id', 'x', 'plain', 'text/html', '', '', NULL),
    (17, 'Empty segment', 'a//b', 'x', 'plain', 'text/html', '', '', NULL)
) AS page (id, title, path, content, kind, content_type, rendered, template, creator);

CREATE TABLE pages_image (id integer, image text, page_id integer);
INSERT INTO pages_image VALUES
    (1, 'about/one.png', 1), (2, 'about/lost.png', 1), (3, '../../etc/passwd', 1), (4, 'about/two.png', 2), (5, '', 1), (6, 'about/script.png', 1);

CREATE TABLE boxes_box (
    id integer, created timestamptz, label text, content text, content_markup_type text, _content_rendered text,
    creator_id integer, last_modified_by_id integer
);
INSERT INTO boxes_box VALUES
    (1, '2015-01-01 00:00:00+00', 'homepage-jobs', '**Jobs**', 'markdown', '', 1, 1),
    (2, '2015-01-01 00:00:00+00', 'homepage-jobs', 'again', 'markdown', '', 1, 1),
    (3, '2015-01-01 00:00:00+00', '', 'no label', 'markdown', '', 1, 1),
    (4, '2015-01-01 00:00:00+00', 'homepage-downloads', '<p>generated</p>', 'html', '', 1, 1);

CREATE TABLE banners_banner (id integer, title text, message text, link text, active boolean, psf_pages_only boolean);
INSERT INTO banners_banner VALUES
    (1, 'Donate', 'Give <b onclick="x()">now</b>.', '/psf/donations/', true, true),
    (2, 'Everywhere', 'AT&amp;T < you', 'https://www.python.org/', true, false),
    (3, 'Script', 'Look', 'javascript:alert(1)', false, false),
    (4, 'Loud', '<h1>LOOK</h1><img src="x.png">', '/', false, true),
    (5, ' ', '', '/', true, true);

CREATE TABLE codesamples_codesample (
    id integer, created timestamptz, updated timestamptz, code text, code_markup_type text, copy text, _code_rendered text,
    copy_markup_type text, is_published boolean, _copy_rendered text, creator_id integer, last_modified_by_id integer
);
INSERT INTO codesamples_codesample VALUES
    (1, '2015-01-01 00:00:00+00', '2015-01-02 00:00:00+00', E'<pre><code><span class="gp">&gt;&gt;&gt; </span>1 &lt; 2\r\nTrue</code></pre>', 'html',
     E'<h1>Quick &amp;\nEasy</h1>\n<p>So <em onclick="x()">easy</em>.</p>', '', 'html', true, '', 1, 1),
    (2, '2015-01-01 00:00:00+00', '2015-01-02 00:00:00+00', 'a < b', 'plain', 'No *heading*.', '<p>x</p>', 'markdown', false, '', NULL, NULL),
    (3, '2015-01-01 00:00:00+00', '2015-01-02 00:00:00+00', '    print(1)', 'markdown', '', '<pre><code>print(1)</code></pre>', 'html', NULL, '', 999, NULL),
    (4, '2015-01-01 00:00:00+00', '2015-01-02 00:00:00+00', '', 'html', '<h1>' || repeat('t', 201) || '</h1>', '', 'html', true, '', NULL, NULL);

CREATE TABLE downloads_os (id integer, created timestamptz, updated timestamptz, name text, slug text, creator_id integer, last_modified_by_id integer);
INSERT INTO downloads_os VALUES
    (1, '2015-01-01 00:00:00+00', '2015-01-01 00:00:00+00', 'Windows', 'windows', NULL, NULL),
    (2, '2015-01-01 00:00:00+00', '2015-01-01 00:00:00+00', 'macOS', 'macos', NULL, NULL),
    (6, '2015-01-01 00:00:00+00', '2015-01-01 00:00:00+00', 'Windows again', 'windows', NULL, NULL);

CREATE TABLE downloads_release (
    id integer, created timestamptz, updated timestamptz, name text, slug text, version integer, is_latest boolean, is_published boolean,
    pre_release boolean, show_on_download_page boolean, release_date timestamp, release_notes_url text, content text,
    content_markup_type text, _content_rendered text, creator_id integer, last_modified_by_id integer, release_page_id integer
);
INSERT INTO downloads_release
SELECT id, '2015-01-01 00:00:00+00', '2015-01-01 00:00:00+00', name, slug, version, latest, published, false, true, released, notes, '', 'markdown', '',
       NULL, NULL, page
FROM (VALUES
    (1, 'Python 3.13.0', 'python-3130', 3, true, true, '2024-10-07'::timestamp, '', 1),
    (2, 'Python 3.14.0', 'python-3140', 3, true, true, '2025-10-07'::timestamp, 'javascript:alert(1)', 2),
    (3, 'Python 3.14.0', 'python-3140', 3, false, true, '2025-10-08'::timestamp, '', NULL),
    (4, 'Python 3.14.0', 'Python-3140', 3, false, false, '2025-10-09'::timestamp, '', NULL),
    (5, 'Python 7', 'python-7', 7, false, false, '2025-10-09'::timestamp, '', NULL),
    (6, '', 'nameless', 3, false, false, '2025-10-09'::timestamp, '', NULL),
    (7, 'Python 3.1', 'python 31', 3, false, false, '2025-10-09'::timestamp, '', NULL),
    (8, 'Python install manager 1', 'pymanager-1', 100, true, true, 'infinity'::timestamp, '', NULL),
    (9, 'Python 3.12.0', 'python-3120', 3, true, true, '2023-10-02'::timestamp, '', NULL)
) AS release (id, name, slug, version, latest, published, released, notes, page);

CREATE TABLE downloads_releasefile (
    id integer, created timestamptz, updated timestamptz, name text, slug text, description text, is_source boolean, url text,
    gpg_signature_file text, md5_sum text, filesize bigint, download_button boolean, creator_id integer, last_modified_by_id integer,
    os_id integer, release_id integer, sigstore_cert_file text, sigstore_signature_file text, sigstore_bundle_file text,
    sbom_spdx2_file text, sha256_sum text
);
INSERT INTO downloads_releasefile
SELECT id, '2015-01-01 00:00:00+00', '2015-01-01 00:00:00+00', 'File ' || id, 'file-' || id, '', false, url, gpg, 'abc', size, button, NULL, NULL,
       os, release, '', '', '', '', ''
FROM (VALUES
    (1, 'https://www.python.org/ftp/1.exe', 'https://www.python.org/ftp/1.exe.asc', 1, true, 1, 1),
    (2, 'https://www.python.org/ftp/2.exe', '', 2, true, 1, 1),
    (3, 'https://evil.example/3.exe', '', 3, false, 1, 1),
    (4, 'https://www.python.org/ftp/4.exe', 'https://evil.example/4.asc', 4, false, 1, 1),
    (5, 'https://www.python.org/ftp/5.exe', '', -5, false, 1, 1),
    (6, 'https://www.python.org/ftp/6.exe', '', 6, false, 1, 999),
    (7, 'https://www.python.org/ftp/7.exe', '', 7, false, 999, 1),
    (8, 'https://www.python.org/ftp/' || repeat('u', 200), '', 8, false, 1, 1),
    (9, 'https://www.python.org/ftp/1.exe', '', 9, false, 1, 1),
    (10, 'http://www.python.org/ftp/old.exe', '', 5000000000, false, 2, 1),
    (11, 'https://www.python.org/ftp/11.exe', '', 11, false, 1, 5)
) AS file (id, url, gpg, size, button, os, release);

CREATE TABLE django_redirect (id integer, site_id integer, old_path text, new_path text);
INSERT INTO django_redirect VALUES
    (1, 2, '/old/', '/new/'), (2, 2, '/old/', '/newer/'), (3, 1, '/staging/', '/new/'), (4, 2, 'no-slash', '/new/'),
    (5, 2, '/script/', 'javascript:alert(1)'), (6, 2, '/evil/', '//evil.example/'), (7, 2, '/loop/', '/loop'),
    (8, 2, '/gone/', ''), (9, 2, '/docs/', 'https://docs.python.org/3/'), (10, 2, '/about/', '/new/');
