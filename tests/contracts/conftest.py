from tests.kafka.fixture import kafka_bootstrap, own_node  # noqa
