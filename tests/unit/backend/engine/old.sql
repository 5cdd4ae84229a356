-- A database of tram 0.1.0 before issue 5, as its own program made it: the tables, and what a day had left in them.
CREATE TABLE "plan" ( "plan" VARCHAR NOT NULL, benefit VARCHAR NOT NULL, PRIMARY KEY ("plan") );
CREATE TABLE inquiry ( reference VARCHAR NOT NULL, device VARCHAR NOT NULL, scan_id VARCHAR NOT NULL, answered_at BIGINT NOT NULL, reason VARCHAR NOT NULL, insurance_code VARCHAR, PRIMARY KEY (reference) );
CREATE TABLE product ( event VARCHAR NOT NULL, product VARCHAR NOT NULL, audience VARCHAR NOT NULL, PRIMARY KEY (event, product) );
CREATE TABLE ticket ( event VARCHAR NOT NULL, ticket VARCHAR NOT NULL, product VARCHAR NOT NULL, admits INTEGER NOT NULL, valid_from BIGINT NOT NULL, valid_to BIGINT NOT NULL, gate VARCHAR, max_uses INTEGER NOT NULL, paid BOOLEAN NOT NULL, standing VARCHAR(9) NOT NULL, uses INTEGER NOT NULL, PRIMARY KEY (event, ticket), CONSTRAINT never_used_too_often CHECK (uses BETWEEN 0 AND max_uses) );
CREATE TABLE scan ( device VARCHAR NOT NULL, scan_id VARCHAR NOT NULL, reference VARCHAR NOT NULL, event VARCHAR NOT NULL, ticket VARCHAR NOT NULL, gate VARCHAR NOT NULL, asked_at BIGINT NOT NULL, answered_at BIGINT NOT NULL, reason VARCHAR NOT NULL, admits VARCHAR, used_at BIGINT, used_place VARCHAR, PRIMARY KEY (device, scan_id), UNIQUE (reference) );
CREATE TABLE member ( insurance_code VARCHAR NOT NULL, id_number VARCHAR, name VARCHAR NOT NULL, born VARCHAR NOT NULL, "plan" VARCHAR NOT NULL, valid_from DATE NOT NULL, valid_to DATE, facility VARCHAR, facility_name VARCHAR, standing VARCHAR(9) NOT NULL, note VARCHAR, PRIMARY KEY (insurance_code), UNIQUE (id_number), FOREIGN KEY("plan") REFERENCES "plan" ("plan") );
CREATE TABLE redemption ( event VARCHAR NOT NULL, ticket VARCHAR NOT NULL, use_no INTEGER NOT NULL, reference VARCHAR NOT NULL, gate VARCHAR NOT NULL, at BIGINT NOT NULL, PRIMARY KEY (event, ticket, use_no), FOREIGN KEY(reference) REFERENCES scan (reference) );
CREATE TABLE annulment ( device VARCHAR NOT NULL, scan_id VARCHAR NOT NULL, reference VARCHAR NOT NULL, asked_at BIGINT NOT NULL, answered_at BIGINT NOT NULL, result VARCHAR NOT NULL, PRIMARY KEY (device, scan_id), FOREIGN KEY(device, scan_id) REFERENCES scan (device, scan_id), UNIQUE (reference) );

INSERT INTO "plan" VALUES ('BHYT-4', '80 %');
INSERT INTO member VALUES ('0030000001', '003090123450', 'Nguyễn Văn Thử Nghiệm', '1990-11-20', 'BHYT-4', '2026-01-01', '2026-12-31', '01000', 'Bệnh viện Đa khoa Mẫu', 'valid', NULL);
INSERT INTO product VALUES ('trang-an-mau', 've-ngay-nguoi-lon', 'người lớn');
INSERT INTO ticket VALUES ('trang-an-mau', 'used', 've-ngay-nguoi-lon', 1, 1795280400000000, 1795366800000000, NULL, 1, 1, 'valid', 1);
INSERT INTO ticket VALUES ('trang-an-mau', 'open', 've-ngay-nguoi-lon', 1, 1795280400000000, 1795366800000000, NULL, 1, 1, 'valid', 0);
INSERT INTO scan VALUES ('desk-1', 's-used', 'R-AAAAAAAAAAAAAAAA', 'trang-an-mau', 'used', 'cong-1', 1795336200000000, 1795336200000000, 'ok', '1 người lớn', NULL, NULL);
INSERT INTO scan VALUES ('desk-1', 's-gone', 'R-BBBBBBBBBBBBBBBB', 'trang-an-mau', 'open', 'cong-1', 1795336200000000, 1795336200000000, 'annulled', NULL, NULL, NULL);
INSERT INTO redemption VALUES ('trang-an-mau', 'used', 1, 'R-AAAAAAAAAAAAAAAA', 'cong-1', 1795336200000000);
INSERT INTO annulment VALUES ('desk-1', 's-gone', 'A-CCCCCCCCCCCCCCCC', 1795336200000000, 1795336200000000, 'annulled');
