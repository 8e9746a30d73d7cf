BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0001');
CREATE TABLE audit (
	id VARCHAR(36) NOT NULL, 
	at_ms BIGINT NOT NULL, 
	person_id VARCHAR(64), 
	action VARCHAR(60) NOT NULL, 
	object VARCHAR(64), 
	address VARCHAR(64) NOT NULL, 
	detail VARCHAR(200) NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "audit" VALUES('01900000-0000-7000-8000-000000000008',1790000000000,'p-chen','signed_in',NULL,'10.0.0.7','');
CREATE TABLE chain (
	id INTEGER NOT NULL, 
	name_zh VARCHAR(200) NOT NULL, 
	name_en VARCHAR(200) NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "chain" VALUES(1,'百味连锁','Baiwei Kitchens');
CREATE TABLE channel (
	id VARCHAR(64) NOT NULL, 
	head INTEGER NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "channel" VALUES('room:01900000-0000-7000-8000-000000000001',1);
CREATE TABLE client_session (
	id VARCHAR(64) NOT NULL, 
	person_id VARCHAR(64) NOT NULL, 
	device VARCHAR(64) NOT NULL, 
	sign_in_hash BLOB NOT NULL, 
	resume_hash BLOB NOT NULL, 
	expires_ms BIGINT NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(person_id) REFERENCES person (id)
);
INSERT INTO "client_session" VALUES('01900000-0000-7000-8000-000000000005','p-chen','01900000-0000-7000-8000-000000000006',X'0101010101010101010101010101010101010101010101010101010101010101',X'0303030303030303030303030303030303030303030303030303030303030303',1790000120000);
CREATE TABLE device_cursor (
	person_id VARCHAR(64) NOT NULL, 
	device VARCHAR(64) NOT NULL, 
	channel_id VARCHAR(64) NOT NULL, 
	delivered INTEGER NOT NULL, 
	read INTEGER NOT NULL, 
	PRIMARY KEY (person_id, device, channel_id), 
	FOREIGN KEY(channel_id) REFERENCES channel (id), 
	FOREIGN KEY(person_id) REFERENCES person (id)
);
INSERT INTO "device_cursor" VALUES('p-chen','01900000-0000-7000-8000-000000000006','room:01900000-0000-7000-8000-000000000001',1,1);
CREATE TABLE done_command (
	person_id VARCHAR(64) NOT NULL, 
	cid VARCHAR(36) NOT NULL, 
	room_id VARCHAR(64), 
	at_ms BIGINT NOT NULL, 
	PRIMARY KEY (person_id, cid), 
	FOREIGN KEY(person_id) REFERENCES person (id)
);
INSERT INTO "done_command" VALUES('p-chen','01900000-0000-7000-8000-000000000007','01900000-0000-7000-8000-000000000001',1790000002000);
CREATE TABLE message (
	channel_id VARCHAR(64) NOT NULL, 
	seq INTEGER NOT NULL, 
	cid VARCHAR(36) NOT NULL, 
	sender_id VARCHAR(64) NOT NULL, 
	body TEXT NOT NULL, 
	at_ms BIGINT NOT NULL, 
	PRIMARY KEY (channel_id, seq), 
	FOREIGN KEY(channel_id) REFERENCES channel (id), 
	FOREIGN KEY(sender_id) REFERENCES person (id), 
	UNIQUE (sender_id, cid)
);
INSERT INTO "message" VALUES('room:01900000-0000-7000-8000-000000000001',1,'01900000-0000-7000-8000-000000000004','p-chen','关掉电源再试一次',1790000007000);
CREATE TABLE person (
	id VARCHAR(64) NOT NULL, 
	login VARCHAR(64) NOT NULL, 
	password_hash VARCHAR(200) NOT NULL, 
	role VARCHAR(20) NOT NULL, 
	name_zh VARCHAR(200) NOT NULL, 
	name_en VARCHAR(200) NOT NULL, 
	title_zh VARCHAR(200), 
	title_en VARCHAR(200), 
	store_id VARCHAR(64), 
	region_id VARCHAR(64), 
	skills VARCHAR(200) NOT NULL, 
	disabled_ms BIGINT, 
	PRIMARY KEY (id), 
	FOREIGN KEY(region_id) REFERENCES region (id), 
	FOREIGN KEY(store_id) REFERENCES store (id), 
	UNIQUE (login)
);
INSERT INTO "person" VALUES('p-store-0117','store-0117','$argon2id$v=19$m=64,t=1,p=1$McLEMPkoOv51hdh5vGSHlg$qLCcUrhUZeHynchxoDYnSrL3nbs+6Ra3tGrely/kLDI','store','静安寺店','Jing''an Temple',NULL,NULL,'s-0117',NULL,'',NULL);
INSERT INTO "person" VALUES('p-store-0108','store-0108','$argon2id$v=19$m=64,t=1,p=1$2sVf+6Ohlb/cCrsy7vjMFw$X52Yz0t64YfHjNWtGmF/2VUc6abTQUWUHnvOTelc0Qg','store','南京西路店','West Nanjing Road',NULL,NULL,'s-0108',NULL,'',NULL);
INSERT INTO "person" VALUES('p-store-0201','store-0201','$argon2id$v=19$m=64,t=1,p=1$TG0dLc6IX/6KyX+a33D25w$8r63nupiqCJLJkW2f6uSI64VIsuiyrUE8rhMwwMEySE','store','国贸店','Guomao',NULL,NULL,'s-0201',NULL,'',NULL);
INSERT INTO "person" VALUES('p-chen','chen','$argon2id$v=19$m=64,t=1,p=1$6Tb7oRHzoPnlkt1ZDQwCKg$w8o4LKIS03qxe1v/luiOlBjkHptpvBkrpUHUcxtvQSo','expert','陈立群','Chen Liqun',NULL,NULL,NULL,NULL,'equipment',NULL);
INSERT INTO "person" VALUES('p-zhang','zhang','$argon2id$v=19$m=64,t=1,p=1$DahDasO6H3hho/4lV5haXQ$VkKwRDqqiKvKgOWgLmvHoGowDv8n3JUG8uCutOcfEH0','expert','张建国','Zhang Jianguo',NULL,NULL,NULL,NULL,'equipment,it',NULL);
INSERT INTO "person" VALUES('p-liu','liu','$argon2id$v=19$m=64,t=1,p=1$4ENp3IW+5UKyLVg5Hni8oA$glGC+YK0tfoQMP+ZkBGXojmvGZSthMG0VK5tT2mWXog','expert','刘慧','Liu Hui',NULL,NULL,NULL,NULL,'dishes',NULL);
INSERT INTO "person" VALUES('p-he','he','$argon2id$v=19$m=64,t=1,p=1$KGL0ERLt01DXOG3wuv0NIw$f2y3YgijktIdx0Fw+C3su0onjViomVSO29xB4bR7cS0','trainer','何静','He Jing',NULL,NULL,NULL,NULL,'',NULL);
INSERT INTO "person" VALUES('p-wu','wu','$argon2id$v=19$m=64,t=1,p=1$Kfn9CMdCpx5QGU0r8JT7xg$88yoVlLKPh31lUXscJC2Ud7gtGfRavpRCk5rIMwRqB0','manager','吴磊','Wu Lei',NULL,NULL,NULL,'r-east','',NULL);
INSERT INTO "person" VALUES('p-xiaolin','xiaolin','$argon2id$v=19$m=64,t=1,p=1$4QROzQEuptEPYtVRVY8a3A$yHUofKsL4jmGLjQanGFgbDeU9nBZBO+yPNVgmANB11o','learner','林小雨','Lin Xiaoyu',NULL,NULL,NULL,NULL,'',NULL);
INSERT INTO "person" VALUES('p-admin','admin','$argon2id$v=19$m=64,t=1,p=1$NY3D2BmwUkhlr+KkArxmSQ$En7PAwWIMNuOHp0XK3kB38nt3r8+CxQn9hH586dBTR8','admin','赵敏','Zhao Min',NULL,NULL,NULL,NULL,'',NULL);
CREATE TABLE progress (
	person_id VARCHAR(64) NOT NULL, 
	room_id VARCHAR(64) NOT NULL, 
	position_s DOUBLE NOT NULL, 
	done BOOLEAN NOT NULL, 
	at_ms BIGINT NOT NULL, 
	PRIMARY KEY (person_id, room_id), 
	FOREIGN KEY(person_id) REFERENCES person (id), 
	FOREIGN KEY(room_id) REFERENCES room (id)
);
INSERT INTO "progress" VALUES('p-xiaolin','01900000-0000-7000-8000-000000000001',3.5,0,1790000009000);
CREATE TABLE publication (
	room_id VARCHAR(64) NOT NULL, 
	role VARCHAR(20) NOT NULL, 
	by_id VARCHAR(64) NOT NULL, 
	at_ms BIGINT NOT NULL, 
	PRIMARY KEY (room_id, role), 
	FOREIGN KEY(by_id) REFERENCES person (id), 
	FOREIGN KEY(room_id) REFERENCES room (id)
);
INSERT INTO "publication" VALUES('01900000-0000-7000-8000-000000000001','learner','p-chen',1790000010000);
CREATE TABLE recording (
	id VARCHAR(64) NOT NULL, 
	room_id VARCHAR(64) NOT NULL, 
	state VARCHAR(20) NOT NULL, 
	stopped_ms BIGINT, 
	safe_ms BIGINT, 
	summary TEXT, 
	PRIMARY KEY (id), 
	FOREIGN KEY(room_id) REFERENCES room (id), 
	UNIQUE (room_id)
);
INSERT INTO "recording" VALUES('01900000-0000-7000-8000-000000000002','01900000-0000-7000-8000-000000000001','safe',1790000010000,1790000010000,'{"id":"01900000-0000-7000-8000-000000000002","room":"01900000-0000-7000-8000-000000000001","state":"safe","started_ns":1790000000000000000,"duration_s":10.0,"parts":[{"file":"p-store-0117-1.webm","participant":"p-store-0117","mime":"video/webm; codecs=\"vp8, opus\"","sources":[],"has_video":true,"has_audio":true,"offset_s":0.0,"duration_s":10.0,"width_px":0,"height_px":0,"size_bytes":10240,"sha256":"e96760a87768717bcebcfd25ddc7d46b4dbc95a4b0014def080c08539f7d90d0"}],"gaps":[],"points":[{"t_s":6.0,"by":"p-chen","on":"p-store-0117","x":0.5,"y":0.25}]}');
CREATE TABLE region (
	id VARCHAR(64) NOT NULL, 
	name_zh VARCHAR(200) NOT NULL, 
	name_en VARCHAR(200) NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "region" VALUES('r-east','华东','East');
INSERT INTO "region" VALUES('r-north','华北','North');
CREATE TABLE room (
	id VARCHAR(64) NOT NULL, 
	ver INTEGER NOT NULL, 
	kind VARCHAR(20) NOT NULL, 
	opened_ms BIGINT NOT NULL, 
	closed_ms BIGINT, 
	store_id VARCHAR(64), 
	recording_id VARCHAR(64), 
	recording_state VARCHAR(20) NOT NULL, 
	body TEXT NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(store_id) REFERENCES store (id), 
	UNIQUE (recording_id)
);
INSERT INTO "room" VALUES('01900000-0000-7000-8000-000000000001',6,'call',1790000000000,1790000010000,'s-0117','01900000-0000-7000-8000-000000000002','safe','{"id":"01900000-0000-7000-8000-000000000001","ver":6,"kind":"call","title":null,"opened_at":1790000000000,"closed_at":1790000010000,"end":"hung_up","members":[{"person":{"id":"p-store-0117","role":"store","name":{"zh":"静安寺店","en":"Jing''an Temple"},"title":null,"store":{"id":"s-0117","number":"0117","name":{"zh":"静安寺店","en":"Jing''an Temple"},"region":"r-east"},"skills":[]},"state":"left","host":false,"session":null,"muted":false,"camera_off":false,"consented_at":1790000000000,"joined_at":1790000000000,"left_at":null,"quality":"unknown"},{"person":{"id":"p-chen","role":"expert","name":{"zh":"陈立群","en":"Chen Liqun"},"title":null,"store":null,"skills":["equipment"]},"state":"left","host":true,"session":null,"muted":false,"camera_off":false,"consented_at":1790000000000,"joined_at":1790000000000,"left_at":null,"quality":"unknown"},{"person":{"id":"p-zhang","role":"expert","name":{"zh":"张建国","en":"Zhang Jianguo"},"title":null,"store":null,"skills":["equipment","it"]},"state":"missed","host":false,"session":null,"muted":false,"camera_off":false,"consented_at":null,"joined_at":null,"left_at":null,"quality":"unknown"}],"call":{"stage":"ended","reason":"equipment","store":{"id":"s-0117","number":"0117","name":{"zh":"静安寺店","en":"Jing''an Temple"},"region":"r-east"},"caller":"p-store-0117","answered_by":"p-chen","ring_until":1790000045000,"timings":{"tap":1790000000000,"ring":1790000000300,"answer":1790000002000,"connected":1790000002300,"first_frame":1790000002500},"end":"hung_up"},"hands":[],"recording":{"id":"01900000-0000-7000-8000-000000000002","state":"safe","started_at":1790000000000,"duration_s":10.0,"saved_in_s":null},"stills":[{"id":"01900000-0000-7000-8000-000000000003","by":"p-store-0117","asked_by":"p-chen","taken_at":1790000005000,"width_px":4,"height_px":3}]}');
CREATE TABLE room_event (
	room_id VARCHAR(64) NOT NULL, 
	ver INTEGER NOT NULL, 
	at_ms BIGINT NOT NULL, 
	body TEXT NOT NULL, 
	PRIMARY KEY (room_id, ver), 
	FOREIGN KEY(room_id) REFERENCES room (id)
);
INSERT INTO "room_event" VALUES('01900000-0000-7000-8000-000000000001',1,1790000000000,'{"type":"member_changed","member":{"person":{"id":"p-store-0117","role":"store","name":{"zh":"静安寺店","en":"Jing''an Temple"},"title":null,"store":{"id":"s-0117","number":"0117","name":{"zh":"静安寺店","en":"Jing''an Temple"},"region":"r-east"},"skills":[]},"state":"joined","host":false,"session":null,"muted":false,"camera_off":false,"consented_at":1790000000000,"joined_at":1790000000000,"left_at":null,"quality":"unknown"}}');
INSERT INTO "room_event" VALUES('01900000-0000-7000-8000-000000000001',2,1790000000000,'{"type":"member_changed","member":{"person":{"id":"p-chen","role":"expert","name":{"zh":"陈立群","en":"Chen Liqun"},"title":null,"store":null,"skills":["equipment"]},"state":"ringing","host":false,"session":null,"muted":false,"camera_off":false,"consented_at":null,"joined_at":null,"left_at":null,"quality":"unknown"}}');
INSERT INTO "room_event" VALUES('01900000-0000-7000-8000-000000000001',3,1790000002000,'{"type":"member_changed","member":{"person":{"id":"p-chen","role":"expert","name":{"zh":"陈立群","en":"Chen Liqun"},"title":null,"store":null,"skills":["equipment"]},"state":"joined","host":true,"session":null,"muted":false,"camera_off":false,"consented_at":1790000000000,"joined_at":1790000000000,"left_at":null,"quality":"unknown"}}');
INSERT INTO "room_event" VALUES('01900000-0000-7000-8000-000000000001',4,1790000005000,'{"type":"still_added","still":{"id":"01900000-0000-7000-8000-000000000003","by":"p-store-0117","asked_by":"p-chen","taken_at":1790000005000,"width_px":4,"height_px":3}}');
INSERT INTO "room_event" VALUES('01900000-0000-7000-8000-000000000001',5,1790000009000,'{"type":"member_changed","member":{"person":{"id":"p-store-0117","role":"store","name":{"zh":"静安寺店","en":"Jing''an Temple"},"title":null,"store":{"id":"s-0117","number":"0117","name":{"zh":"静安寺店","en":"Jing''an Temple"},"region":"r-east"},"skills":[]},"state":"left","host":false,"session":null,"muted":false,"camera_off":false,"consented_at":1790000000000,"joined_at":1790000000000,"left_at":null,"quality":"unknown"}}');
INSERT INTO "room_event" VALUES('01900000-0000-7000-8000-000000000001',6,1790000010000,'{"type":"room_closed","at":1790000010000,"end":"hung_up"}');
CREATE TABLE room_member (
	room_id VARCHAR(64) NOT NULL, 
	person_id VARCHAR(64) NOT NULL, 
	store_id VARCHAR(64), 
	participated BOOLEAN NOT NULL, 
	PRIMARY KEY (room_id, person_id), 
	FOREIGN KEY(person_id) REFERENCES person (id), 
	FOREIGN KEY(room_id) REFERENCES room (id), 
	FOREIGN KEY(store_id) REFERENCES store (id)
);
INSERT INTO "room_member" VALUES('01900000-0000-7000-8000-000000000001','p-store-0117','s-0117',1);
INSERT INTO "room_member" VALUES('01900000-0000-7000-8000-000000000001','p-chen',NULL,1);
INSERT INTO "room_member" VALUES('01900000-0000-7000-8000-000000000001','p-zhang',NULL,0);
CREATE TABLE sign_in (
	token_hash BLOB NOT NULL, 
	person_id VARCHAR(64) NOT NULL, 
	created_ms BIGINT NOT NULL, 
	seen_ms BIGINT NOT NULL, 
	expires_ms BIGINT NOT NULL, 
	user_agent VARCHAR(200) NOT NULL, 
	PRIMARY KEY (token_hash), 
	FOREIGN KEY(person_id) REFERENCES person (id)
);
INSERT INTO "sign_in" VALUES(X'0101010101010101010101010101010101010101010101010101010101010101','p-chen',1790000000000,1790000001000,1890000000000,'Mozilla/5.0');
CREATE TABLE still (
	id VARCHAR(64) NOT NULL, 
	room_id VARCHAR(64) NOT NULL, 
	mime VARCHAR(40) NOT NULL, 
	size_bytes INTEGER NOT NULL, 
	sha256 VARCHAR(64) NOT NULL, 
	body TEXT NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(room_id) REFERENCES room (id)
);
INSERT INTO "still" VALUES('01900000-0000-7000-8000-000000000003','01900000-0000-7000-8000-000000000001','image/jpeg',17,'64906eb6cdb977a4fac57150b38334b4cdeada572f4a52f525f586c8de44d613','{"id":"01900000-0000-7000-8000-000000000003","by":"p-store-0117","asked_by":"p-chen","taken_at":1790000005000,"width_px":4,"height_px":3}');
CREATE TABLE store (
	id VARCHAR(64) NOT NULL, 
	number VARCHAR(64) NOT NULL, 
	name_zh VARCHAR(200) NOT NULL, 
	name_en VARCHAR(200) NOT NULL, 
	region_id VARCHAR(64) NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(region_id) REFERENCES region (id), 
	UNIQUE (number)
);
INSERT INTO "store" VALUES('s-0117','0117','静安寺店','Jing''an Temple','r-east');
INSERT INTO "store" VALUES('s-0108','0108','南京西路店','West Nanjing Road','r-east');
INSERT INTO "store" VALUES('s-0201','0201','国贸店','Guomao','r-north');
CREATE TABLE ticket (
	token_hash BLOB NOT NULL, 
	sign_in_hash BLOB NOT NULL, 
	person_id VARCHAR(64) NOT NULL, 
	expires_ms BIGINT NOT NULL, 
	PRIMARY KEY (token_hash), 
	FOREIGN KEY(person_id) REFERENCES person (id), 
	FOREIGN KEY(sign_in_hash) REFERENCES sign_in (token_hash) ON DELETE CASCADE
);
INSERT INTO "ticket" VALUES(X'0202020202020202020202020202020202020202020202020202020202020202',X'0101010101010101010101010101010101010101010101010101010101010101','p-chen',1790000030000);
CREATE INDEX ix_audit_at_ms ON audit (at_ms);
CREATE INDEX ix_audit_person_id ON audit (person_id);
CREATE INDEX ix_room_closed_ms ON room (closed_ms);
CREATE INDEX ix_room_opened_ms ON room (opened_ms);
CREATE INDEX ix_room_store_id ON room (store_id);
CREATE INDEX ix_client_session_person_id ON client_session (person_id);
CREATE INDEX ix_device_cursor_channel ON device_cursor (channel_id);
CREATE INDEX ix_room_member_person ON room_member (person_id, room_id);
CREATE INDEX ix_room_member_store_id ON room_member (store_id);
CREATE INDEX ix_sign_in_person_id ON sign_in (person_id);
CREATE INDEX ix_still_room_id ON still (room_id);
COMMIT;
