"""Learning of the router's weights from the decisions of persons about cases."""
