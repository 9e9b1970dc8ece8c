#include "schemas/database_url.h"

#include <gtest/gtest.h>

#include <string>

namespace saunter::schemas {
namespace {

TEST(DatabaseUrl, IsAUriOrKeysWithValues) {
  for (const auto* text :
       {"postgresql://ann@db.example/saunter", "postgres://", "postgresql:///saunter?host=/run",
        "host=db.example dbname=saunter", "dbname = 'a b' user='it\\'s'", "service=saunter"}) {
    EXPECT_TRUE(IsDatabaseUrl(text)) << text;
  }
  for (const auto* text : {"", "saunter", "mysql://db.example/saunter", "/var/lib/saunter.db",
                           "postgresql://a b", "dbname='open", "=saunter", "host name=x"}) {
    EXPECT_FALSE(IsDatabaseUrl(text)) << text;
  }
}

TEST(DatabaseUrl, IsShownWithoutItsPassword) {
  EXPECT_EQ(WithoutPassword("postgresql://ann:secret@db.example:5433/saunter?sslmode=require"),
            "postgresql://ann:***@db.example:5433/saunter?sslmode=require");
  EXPECT_EQ(WithoutPassword("postgres://db.example/saunter?user=ann&password=secret&sslmode=allow"),
            "postgres://db.example/saunter?user=ann&password=***&sslmode=allow");
  EXPECT_EQ(WithoutPassword("postgresql://a/b?p%61ssword=secret"),
            "postgresql://a/b?p%61ssword=***");
  EXPECT_EQ(WithoutPassword("host=db password=secret user = ann sslpassword='it\\'s secret'"),
            "host=db password=*** user=ann sslpassword=***");
}

// Nobody has encoded it.
TEST(DatabaseUrl, IsShownWithoutAPasswordThatBreaksIt) {
  for (const auto* secret : {"pa/ss", "pa?ss", "p@ss", "p@/ss?w@rd", "pa:ss"}) {
    EXPECT_EQ(WithoutPassword("postgresql://ann:" + std::string(secret) + "@db.example/saunter"),
              "postgresql://ann:***@db.example/saunter")
        << secret;
  }
}

TEST(DatabaseUrl, StaysAsItIsWithoutAPassword) {
  for (const auto* text : {"", "postgresql://ann@db.example/saunter", "postgresql://a,b:5433/c",
                           "postgresql:///saunter?host=/run/postgresql", "host=db dbname='a b'"}) {
    EXPECT_EQ(WithoutPassword(text), text);
  }
}

TEST(DatabaseUrl, IsHiddenWholeWhereItCannotBeRead) {
  EXPECT_EQ(WithoutPassword("mysql://ann:secret@db"), "***");
  EXPECT_EQ(WithoutPassword("password='secret"), "***");
}

}  // namespace
}  // namespace saunter::schemas
